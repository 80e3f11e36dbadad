import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { messages } from './messages.ts';

const root = join(import.meta.dirname, '../..');

function inDrpkit(name: string): string {
  return `cmd/drpkit/${name}`;
}

/** Whose messages each part of docs/errors.md has; those of `ANYWHERE` are for all. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  'ipmi and bios': ['cmd/ipmi', 'cmd/bios', 'lib/ipmi', 'lib/redfish', 'lib/https', 'lib/metrics'],
  slack: ['cmd/slack'],
  'packet-ipmi': ['cmd/packet-ipmi'],
  'virtualbox-ipmi': ['cmd/virtualbox-ipmi'],
  callback: ['cmd/callback'],
  'All plugins': ['lib/plugin', 'lib/models', 'lib/process', 'lib/api', 'cmd/incrementer'],
  'Other hosts': ['lib/core0', 'lib/docker', 'cmd/ovs', 'cmd/volumes'],
  'The development endpoint': ['lib/endpoint'],
  'Agents and catalogs': ['lib/agent', 'lib/catalog'],
};
/** The same of docs/drpkit-errors.md. */
const DRPKIT_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  'Command lines and input': [
    ...[
      'command.ts',
      'connect.ts',
      'context.ts',
      'download.ts',
      'input.ts',
      'output',
      'run.ts',
      'source.ts',
    ].map(inDrpkit),
  ],
  'Objects, params and jobs': ['objects'].map(inDrpkit),
  'Agents, fleets and consoles': ['agent', 'console', 'fleet'].map(inDrpkit),
  'Content packs': ['lib/content', inDrpkit('contents')],
  Catalogs: ['catalog'].map(inDrpkit),
  'Projects, trials and the development endpoint': [
    ...['commands', 'demo', 'dev', 'inspect', 'new', 'project', 'trial'].map(inDrpkit),
    'lib/conformance/conformance.ts',
    'lib/project',
  ],
  'Tests of a provider': ['lib/testing'],
};
const ANYWHERE = 'Anywhere';
/** Less than this says nothing by itself: all of it is put in. */
const FEWEST_LETTERS = 5;

const said = messages(root, [
  ...Object.values(FOLDERS).flat(),
  ...Object.values(DRPKIT_FOLDERS).flat(),
  'cmd/drpkit',
]).filter(({ text }) => letters(text) >= FEWEST_LETTERS && text.includes(' '));

/** A part of a message, as the document has it. */
interface Phrase {
  text: string;
  pattern: RegExp;
  row: Row;
}

/** A row of the document: what to do about some messages. */
interface Row {
  line: string;
  codes: string;
  found: Set<string>;
}

function letters(text: string): number {
  return text.replace(/[^a-z]/gi, '').length;
}

function phrasesOf(section: string, hasCodes: boolean): Phrase[] {
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.flatMap((line) => {
    const cells = line.split('|');
    const [said = '', codes = '', advice = ''] = hasCodes ? cells.slice(1) : [cells[1], '', cells[2]];
    assert.ok(letters(advice) >= FEWEST_LETTERS, `what to do: ${line}`);
    const row: Row = { line, codes: codes.trim(), found: new Set() };
    return [...said.matchAll(/`([^`]+)`/g)].map(([, text = '']) => {
      assert.ok(letters(text) >= FEWEST_LETTERS, `${text}: says too little`);
      const parts = text.split('...').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
      return { text, row, pattern: new RegExp(parts.join('.*')) };
    });
  });
}

/** Checks that a document has a row for each message, and a message for each row. */
async function compare(
  file: string,
  folders: Readonly<Record<string, readonly string[]>>,
  { hasCodes }: { hasCodes: boolean },
): Promise<void> {
  const document = await readFile(join(root, file), 'utf8');
  const sections = new Map(
    document.split(/^## /m).map((part) => [part.slice(0, part.indexOf('\n')), phrasesOf(part, hasCodes)]),
  );
  const phrases = [...sections.values()].flat();
  const used = new Set<Phrase>();
  const missing: string[] = [];
  for (const [name, places] of Object.entries(folders)) {
    const own = [...(sections.get(name) ?? assert.fail(name)), ...(sections.get(ANYWHERE) ?? [])];
    for (const { code, text, place } of said) {
      if (!places.some((folder) => place.startsWith(`${folder}/`) || place.startsWith(`${folder}:`)))
        continue;
      // The longest says most of it.
      const [best] = own
        .filter(({ pattern }) => pattern.test(text))
        .sort((one, other) => letters(other.text) - letters(one.text));
      if (best === undefined) {
        missing.push(`## ${name}: ${code}: ${text} (${place})`);
        continue;
      }
      used.add(best);
      if (code !== 'any') best.row.found.add(code);
    }
  }
  assert.deepEqual(missing, [], `add these to ${file}, with what to do`);
  const stale = phrases.filter((phrase) => !used.has(phrase)).map(({ text }) => text);
  assert.deepEqual(stale, [], 'no message has these any more');
  if (!hasCodes) return;
  for (const { line, codes, found } of new Set(phrases.map(({ row }) => row)))
    assert.equal(codes, [...found].sort().join(', '), `the codes of ${line}`);
}

test('docs/errors.md says of every error and warning what to do, and has none that there is not', async () => {
  assert.ok(said.length > 500, `${said.length} messages`);
  await compare('docs/errors.md', FOLDERS, { hasCodes: true });
});

test('docs/drpkit-errors.md does the same for what drpkit and the kit for tests say', async () => {
  await compare('docs/drpkit-errors.md', DRPKIT_FOLDERS, { hasCodes: false });
  // Wherever drpkit says something, it is in one of the parts.
  const folders = Object.values(DRPKIT_FOLDERS).flat();
  const elsewhere = said.filter(
    ({ place }) => place.startsWith('cmd/drpkit/') && !folders.some((folder) => place.startsWith(folder)),
  );
  assert.deepEqual(elsewhere, []);
});
