import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPORT, reportOn, typesReport } from '../../scripts/publishing/report.ts';
import { changesOf, lastRelease, stepProblem } from '../../scripts/publishing/step.ts';

const root = join(import.meta.dirname, '../..');

/** The report on one export, whose declarations are these. */
const report = (text: string, others: Readonly<Record<string, string>> = {}) =>
  reportOn(
    [{ path: 'kit/one', file: 'lib/one/index.ts' }],
    new Map([['lib/one/index.ts', text], ...Object.entries(others)]),
  );

test('the report in the repository says what the public types are', async () => {
  const [kept, made] = await Promise.all([readFile(join(root, REPORT), 'utf8'), typesReport(root)]);
  const { removed, added } = changesOf(kept, made);
  const changes = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
  const what = `Public types have changed. Run scripts/public-types, look at what it says, and commit ${REPORT}:`;
  assert.ok(kept === made, [what, ...changes.slice(0, 20)].join('\n'));
});

test('the version in package.json may follow on the last release with the types that it has', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const last = await lastRelease(root, `v${version}`);
  if (last === undefined) return;
  const problem = stepProblem(last.version, `v${version}`, changesOf(last.report, await typesReport(root)));
  assert.equal(problem, undefined);
});

test('a report has what is exported, what that is declared by, wherever it is, and nothing else', () => {
  const text = report(
    `import type { Inner as Part } from './part.ts';
import { readFile } from 'node:fs';
export { type Other, value as renamed } from './other.ts';
export type * from './known.ts';
export interface Whole<T> {
    part: Part;
    more: import("./far.ts").Far;
}
export declare function make(): Whole<{
    a: 1;
}>;
export declare function make(name: string): Whole<string>;
declare class Hidden {
    #private;
    private own;
    shown: number;
}
export declare const hidden: Hidden;
interface Unused {
}
export {};
`,
    {
      'lib/one/part.ts': 'export interface Inner {\n    deep: string;\n}\nexport interface Beside {\n}\n',
      'lib/one/other.ts': "export type Other = 'a' | 'b';\nexport declare const value: 1;\n",
      'lib/one/known.ts': 'export interface Known {\n}\n',
      'lib/one/far.ts': 'export type Far = boolean;\n',
    },
  );
  const [, names, ...declarations] = text.trim().split('\n\n');
  assert.deepEqual(
    names?.split('\n'),
    ['Known', 'Other', 'Whole', 'hidden', 'make', 'renamed'].map((name) => `kit/one: ${name}`),
  );
  assert.deepEqual(declarations, [
    'class Hidden {\n    shown: number;\n}',
    'const hidden: Hidden;',
    'const value: 1;',
    'function make(): Whole<{\n    a: 1;\n}>;',
    'function make(name: string): Whole<string>;',
    'interface Inner {\n    deep: string;\n}',
    'interface Known {\n}',
    'interface Whole<T> {\n    part: Part;\n    more: import("./far.ts").Far;\n}',
    'type Far = boolean;',
    "type Other = 'a' | 'b';",
  ]);
});

const BEFORE =
  'export interface A {\n    x: string;\n    y: number;\n}\nexport interface B {\n    x: string;\n}\n';

test('what is gone or another asks for a major version, what is new for a minor one, the rest for a patch', () => {
  const before = report(BEFORE);
  const change = (from: string | RegExp, to: string) => changesOf(before, report(BEFORE.replace(from, to)));
  assert.deepEqual(change('', ''), { removed: [], added: [], step: 'patch' });
  const moved = change('    x: string;\n    y: number;\n', '    y: number;\n    x: string;\n');
  assert.equal(moved.step, 'patch');
  assert.deepEqual(change('y: number;', 'y: number;\n    z?: boolean;'), {
    removed: [],
    added: ['interface A: z?: boolean;'],
    step: 'minor',
  });
  assert.deepEqual(change('y: number', 'y: string'), {
    removed: ['interface A: y: number;'],
    added: ['interface A: y: string;'],
    step: 'major',
  });
  // The other interface still has a line like that.
  assert.deepEqual(change('    x: string;\n', ''), {
    removed: ['interface A: x: string;'],
    added: [],
    step: 'major',
  });
  assert.ok(change(/export interface B.*/s, '').removed.includes('kit/one: B'));
});

test('a version that is too small a step is refused with the least that it can be', () => {
  const changes = (step: 'patch' | 'minor' | 'major') => ({
    removed: step === 'major' ? ['interface A: y: number;'] : [],
    added: step === 'minor' ? ['interface A: z?: boolean;'] : [],
    step,
  });
  const problem = (version: string, step: 'patch' | 'minor' | 'major') =>
    stepProblem('v1.4.2', version, changes(step));
  for (const version of ['v1.4.3', 'v1.5.0', 'v2.0.0']) assert.equal(problem(version, 'patch'), undefined);
  assert.equal(
    problem('v1.4.3', 'minor'),
    'v1.4.3 adds public types of v1.4.2, so it has to be v1.5.0:\n+ interface A: z?: boolean;',
  );
  assert.equal(problem('v1.5.0', 'minor'), undefined);
  assert.equal(
    problem('v1.5.0', 'major'),
    'v1.5.0 removes or changes public types of v1.4.2, so it has to be v2.0.0:\n- interface A: y: number;',
  );
  assert.equal(problem('v2.0.0', 'major'), undefined);
});

test('the last release is the tag below the version, with the report that it had', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'releases-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.invalid', ...args], {
      cwd: folder,
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    });
  try {
    assert.equal(await lastRelease(folder, 'v1.0.0'), undefined);
    git('init', '--quiet');
    await mkdir(join(folder, 'lib'));
    for (const version of ['v1.9.0', 'v1.10.0', 'v2.0.0']) {
      await writeFile(join(folder, REPORT), `report of ${version}`);
      git('add', '.');
      git('commit', '--quiet', '--message', version);
      git('tag', version);
    }
    assert.deepEqual(await lastRelease(folder, 'v2.0.0'), {
      version: 'v1.10.0',
      report: 'report of v1.10.0',
    });
    assert.equal((await lastRelease(folder, 'v2.0.1-dev.3+gabcdef0'))?.version, 'v2.0.0');
    assert.equal(await lastRelease(folder, 'v1.9.0'), undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
