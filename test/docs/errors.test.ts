import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { messages } from './messages.ts';

const root = join(import.meta.dirname, '../..');

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
const ANYWHERE = 'Anywhere';
/** Less than this says nothing by itself: all of it is put in. */
const FEWEST_LETTERS = 5;

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

function phrasesOf(section: string): Phrase[] {
  const lines = section.split('\n').filter((line) => line.startsWith('| `'));
  return lines.flatMap((line) => {
    const [, said = '', codes = '', advice = ''] = line.split('|');
    assert.ok(letters(advice) >= FEWEST_LETTERS, `what to do: ${line}`);
    const row: Row = { line, codes: codes.trim(), found: new Set() };
    return [...said.matchAll(/`([^`]+)`/g)].map(([, text = '']) => {
      assert.ok(letters(text) >= FEWEST_LETTERS, `${text}: says too little`);
      const parts = text.split('...').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
      return { text, row, pattern: new RegExp(parts.join('.*')) };
    });
  });
}

test('docs/errors.md says of every error and warning what to do, and has none that there is not', async () => {
  const document = await readFile(join(root, 'docs/errors.md'), 'utf8');
  const sections = new Map(
    document.split(/^## /m).map((part) => [part.slice(0, part.indexOf('\n')), phrasesOf(part)]),
  );
  const phrases = [...sections.values()].flat();
  const used = new Set<Phrase>();
  const missing: string[] = [];
  const said = messages(root, Object.values(FOLDERS).flat()).filter(
    ({ text }) => letters(text) >= FEWEST_LETTERS && text.includes(' '),
  );
  for (const [name, folders] of Object.entries(FOLDERS)) {
    const own = [...(sections.get(name) ?? assert.fail(name)), ...(sections.get(ANYWHERE) ?? [])];
    for (const { code, text, place } of said) {
      if (!folders.some((folder) => place.startsWith(`${folder}/`))) continue;
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
  assert.ok(said.length > 400, `${said.length} messages`);
  assert.deepEqual(missing, [], 'add these to docs/errors.md, with what to do');
  const stale = phrases.filter((phrase) => !used.has(phrase)).map(({ text }) => text);
  assert.deepEqual(stale, [], 'no message has these any more');
  for (const { line, codes, found } of new Set(phrases.map(({ row }) => row)))
    assert.equal(codes, [...found].sort().join(', '), `the codes of ${line}`);
});
