import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { touchedTests } from '../../scripts/testing/touched.ts';

/** A small project: one provider, one library that it uses, and tests of each kind. */
const FILES: Record<string, string> = {
  'package.json': '{"type":"module"}',
  'README.md': '',
  'lib/power/power.ts': "import type { Level } from './level.ts';\nexport const on: Level = 1;",
  'lib/power/level.ts': 'export type Level = number;',
  'lib/alone/alone.ts': 'export const alone = 1;',
  'lib/show/page/view.tsx': '',
  'lib/show/page.generated.ts': "// Generated from 'lib/show/page'.\nexport const page = 1;",
  'content/lamp/params/a.yaml': '',
  'cmd/lamp/main.ts': "import '../../lib/power/power.ts';",
  'cmd/horn/main.ts': 'export {};',
  'scripts/packaging/build.ts': 'export {};',
  'test/support/binary.ts':
    "export const PROVIDERS = ['lamp', 'horn'];\nexport const binary = (name: string) => name;",
  'test/support/program.ts': "import '../../lib/alone/alone.ts';",
  'test/power/power.test.ts': "import { on } from '../../lib/power/power.ts';\nconsole.log(on);",
  'test/alone/program.test.ts': "console.log(import.meta.dirname, '../support/program.ts');",
  'test/alone/later.test.ts': "void import('../../lib/alone/alone.ts');",
  'test/lamp/plain.test.ts': 'export {};',
  'test/show/show.test.ts': "import { page } from '../../lib/show/page.generated.ts';\nconsole.log(page);",
  'test/protocol/lamp.test.ts': "import { binary } from '../support/binary.ts';\nbinary('lamp');",
  'test/protocol/horn.test.ts': "import { binary } from '../support/binary.ts';\nbinary('horn');",
  'test/protocol/all.test.ts': "import { PROVIDERS } from '../support/binary.ts';\nconsole.log(PROVIDERS);",
  'test/docs/readme.test.ts': "console.log('README.md', 'scripts/run');",
  'scripts/run': '',
};

suite('the test files that a change touches', () => {
  let root = '';
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'touched-'));
    for (const [file, text] of Object.entries(FILES)) {
      await mkdir(join(root, dirname(file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
  });
  after(() => rm(root, { recursive: true, force: true }));

  const touched = async (...changed: string[]) =>
    (await touchedTests(root, changed)).map((file) => file.replace(/^test\/|\.test\.ts$/g, ''));
  const lamp = ['lamp/plain', 'protocol/all', 'protocol/lamp'];

  test('are those that import it, also as types and from afar, and those of the executables with it', async () => {
    assert.deepEqual(
      await touched('lib/power/level.ts'),
      [...lamp.slice(0, 1), 'power/power', ...lamp.slice(1)].sort(),
    );
  });

  test('are those that import it later, and those that start a program with it', async () => {
    assert.deepEqual(await touched('lib/alone/alone.ts'), ['alone/later', 'alone/program']);
  });

  test('are those of a provider when its content pack is changed', async () => {
    assert.deepEqual(await touched('content/lamp/params/a.yaml'), lamp);
  });

  test('are those of what is generated from it', async () => {
    assert.deepEqual(await touched('lib/show/page/view.tsx'), ['show/show']);
  });

  test('are those of all executables when these are made in another way', async () => {
    assert.deepEqual(await touched('scripts/packaging/build.ts'), [...lamp, 'protocol/horn'].sort());
  });

  test('are those that name it', async () => {
    assert.deepEqual(await touched('README.md'), ['docs/readme']);
    assert.deepEqual(await touched('scripts/run'), ['docs/readme']);
  });

  test('are itself, none for what no test knows, and all for what everything depends on', async () => {
    assert.deepEqual(await touched('test/lamp/plain.test.ts'), ['lamp/plain']);
    assert.deepEqual(await touched('LICENSE', 'lib/gone.ts'), []);
    assert.equal((await touched('package.json')).length, 9);
  });
});
