import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { planOf, testFiles } from '../../scripts/testing/plan.ts';
import { SLOW } from '../../scripts/testing/slow.ts';

const root = join(import.meta.dirname, '../..');
const all = globSync('test/**/*.test.ts', { cwd: root }).sort();
const slow = SLOW.flatMap(({ files }) => files);

suite('the test command', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plan-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** The test files that Node.js runs in the end, those of groups among them. */
  const run = (files: readonly string[]): string[] => {
    return planOf(root, files, folder).flatMap((file) => {
      if (!file.startsWith(folder)) return file;
      const urls = readFileSync(file, 'utf8').matchAll(/import\("(file:[^"]+)"\)/g);
      return [...urls].map(([, url = '']) => relative(root, fileURLToPath(url)));
    });
  };

  test('runs every test file once with --full', () => {
    assert.deepEqual(run(testFiles(root, { full: true })).sort(), all);
  });

  test('leaves out those of the slow kinds without it, and no others', () => {
    assert.deepEqual(
      run(testFiles(root, { full: false })).sort(),
      all.filter((file) => !slow.includes(file)),
    );
  });

  test('runs the files that it is given, also slow ones', () => {
    const given = ['test/soak/load.test.ts', 'test/testing/plan.test.ts'];
    assert.deepEqual(run(given), given);
  });

  test('is given slow kinds whose files are there, each once and with its reason', () => {
    assert.equal(new Set(slow).size, slow.length);
    for (const file of slow) assert.ok(existsSync(join(root, file)), file);
    for (const { kind, why } of SLOW) assert.ok(why.length > 10, kind);
  });

  test('is what continuous integration calls, with --full', () => {
    const [last] = readFileSync(join(root, '.ci/run'), 'utf8').trim().split('\n').slice(-1);
    assert.equal(last, 'exec scripts/test --full');
  });
});
