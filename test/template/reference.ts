import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FUNCTIONS } from '../../lib/template/index.ts';
import { functionCases, generatedCases } from './generated.ts';
import { type Case, PARAMS, type Result } from './reference-dot.ts';

const run = promisify(execFile);

/** Where Debian has the sources of Go's packages. */
const GOPATH = '/usr/share/gocode';
const RECORD = join(import.meta.dirname, '../fixtures/template-results.jsonl');

/** All templates whose results are compared with those of Go. */
export function allCases(): { generated: Case[]; handwritten: Case[]; functions: Case[] } {
  return {
    generated: generatedCases(2000, 20_261_129),
    handwritten: handwrittenCases(),
    functions: functionCases([...FUNCTIONS.keys()].sort(), 6, 42),
  };
}

function handwrittenCases(): Case[] {
  const lines = readFileSync(join(import.meta.dirname, 'handwritten.txt'), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line, index) => ({
      Name: `h${index}`,
      Text: line.replace(/^go: /, '').replaceAll('⏎', '\n'),
      Sprig: !line.startsWith('go: '),
    }));
}

/** Go's text/template and sprig on this host, or undefined if they are not there. */
export async function findReference(): Promise<((cases: readonly Case[]) => Promise<Result[]>) | undefined> {
  if (!existsSync(`${GOPATH}/src/github.com/Masterminds/sprig`)) return undefined;
  const isThere = await run('go', ['version']).then(
    () => true,
    () => false,
  );
  return isThere ? runReference : undefined;
}

async function runReference(cases: readonly Case[]): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'template-'));
  try {
    const program = join(folder, 'reference');
    await run('go', ['build', '-o', program, join(import.meta.dirname, 'reference/main.go')], {
      env: { HOME: folder, ...process.env, GO111MODULE: 'off', GOFLAGS: '', CGO_ENABLED: '0', GOPATH },
    });
    const running = run(program, { maxBuffer: 1 << 28, env: { TZ: 'UTC' } });
    running.child.stdin?.end(JSON.stringify({ Cases: cases, Params: PARAMS }));
    return JSON.parse((await running).stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The results of Go that were recorded for `cases`. */
export function recordedResults(cases: readonly Case[]): Result[] {
  const [head, ...lines] = readFileSync(RECORD, 'utf8').trimEnd().split('\n');
  if (head !== digestOf(cases))
    throw new Error(`${RECORD} is of other templates: write it anew with \`node test/template/record.ts\``);
  return lines.map((line) => JSON.parse(line));
}

/** The record's text. Of a template that ends in an error, what it had written before does not count. */
export function recordText(cases: readonly Case[], results: readonly Result[]): string {
  const lines = results.map(({ Output, Error: error }) =>
    JSON.stringify({ Output: error === '' ? Output : '', Error: error }),
  );
  return [digestOf(cases), ...lines, ''].join('\n');
}

export { RECORD };

function digestOf(cases: readonly Case[]): string {
  return createHash('sha256')
    .update(JSON.stringify([PARAMS, cases]))
    .digest('hex');
}
