import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, type Group, nameOf } from '../../cmd/drpkit/command.ts';
import { entries } from '../../cmd/drpkit/entries.ts';
import { type Flag, GLOBAL_FLAGS } from '../../cmd/drpkit/flags.ts';
import { commandHelp, programHelp } from '../../cmd/drpkit/help.ts';

const WIDTH = 110;

interface Found {
  path: string;
  command: Command;
  /** Flags of the groups that it is in. */
  flags: readonly Flag[];
}

function commandsOf(node: Group | Command, path: string, flags: readonly Flag[] = []): Found[] {
  const own = 'run' in node ? [{ path, command: node, flags }] : [];
  const below = [...flags, ...('run' in node ? [] : (node.flags ?? []))];
  const all = (node.commands ?? []).map((command) =>
    commandsOf(command, `${path} ${nameOf(command)}`, below),
  );
  return [...own, ...all.flat()];
}

const loaded = await Promise.all(entries.map(async ({ name, load }) => ({ name, node: await load() })));
const found = loaded.flatMap(({ name, node }) => commandsOf(node, name));

test('the help of the program lists every first word once, in sections that fit on a screen', () => {
  const help = programHelp(entries);
  for (const { name } of entries) {
    assert.equal(help.match(new RegExp(`^  ${name} `, 'gm'))?.length, 1, name);
  }
  for (const section of ['Development', 'Content and files', 'An endpoint as a whole']) {
    assert.ok(help.includes(`\n${section}:\n`));
  }
});

test('every command has a path of its own', () => {
  const paths = found.map(({ path }) => path);
  assert.deepEqual(
    paths.filter((path, at) => paths.indexOf(path) !== at),
    [],
  );
  assert.ok(paths.length > 400, `${paths.length} commands`);
});

test('every command says in one line what it does', () => {
  for (const { path, command } of found) {
    assert.match(command.summary, /^[A-Z].*[^.]$/, path);
    assert.ok(command.summary.length <= WIDTH, path);
  }
});

test('what else a command says is in lines that fit, and loses no word', () => {
  for (const { path, command } of found) {
    if (command.details === undefined) continue;
    const [, ...lines] = commandHelp([], command, []).split('\nUsage:\n', 1)[0]?.split('\n') ?? [];
    for (const line of lines) assert.ok(line.length <= 100, path);
    assert.equal(lines.join(' ').trim().replace(/ +/g, ' '), command.details.replace(/\s+/g, ' '), path);
  }
});

test('examples are of the command that has them', () => {
  for (const { path, command } of found) {
    const words = (command.commands ?? []).map((below) => `${nameOf(command)} ${nameOf(below)} `);
    for (const example of command.examples ?? []) {
      assert.ok(
        [`${nameOf(command)} `, ...words].some((start) => `${example} `.startsWith(start)),
        path,
      );
    }
  }
});

test('a flag means the same with every command of a group: which command it is, is known later', () => {
  for (const { name, node } of loaded) {
    const known = new Map<string, string>();
    const all = commandsOf(node, name).flatMap(({ command, flags }) => [...flags, ...(command.flags ?? [])]);
    for (const { name: flag, short, value } of [...GLOBAL_FLAGS, ...all]) {
      for (const written of [flag, ...(short === undefined ? [] : [`-${short}`])]) {
        const kind = `${flag} ${value ?? 'switch'}`;
        assert.equal(known.get(written) ?? kind, kind, `${name} ${written}`);
        known.set(written, kind);
      }
    }
  }
});
