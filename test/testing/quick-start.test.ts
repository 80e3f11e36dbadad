import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { QUICK_START } from '../support/quick-start.ts';

const compile = join(import.meta.dirname, '../../scripts/testing/compile-sources.ts');

suite('a program that a test starts from its sources', () => {
  const run = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
    return stdout;
  };

  test('loads HTTP without what it never uses', async () => {
    const script = `import 'node:http'; console.log(process.moduleLoadList.filter((name) => /undici/.test(name)).length)`;
    const args = ['--input-type=module', '--eval', script];
    assert.notEqual(await run(args, { NODE_OPTIONS: '' }), '0\n', 'Node.js does so by itself now');
    assert.equal(await run(args, QUICK_START), '0\n');
  });

  test('is compiled before it first runs, and not run by that', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'compiled-'));
    const cache = { ...QUICK_START, NODE_COMPILE_CACHE: join(folder.path, 'cache') };
    const [source, imported] = ['source.ts', 'imported.ts'].map((name) => join(folder.path, name)) as [
      string,
      string,
    ];
    await writeFile(imported, `export const text: string = 'compiles';`);
    await writeFile(
      source,
      `import { text } from './imported.ts';
      const compilers = (process as { moduleLoadList?: string[] }).moduleLoadList?.filter((name) => /amaro/.test(name));
      console.log(text, compilers?.length);`,
    );
    assert.doesNotMatch(await run([source], { NODE_COMPILE_CACHE: '' }), /compiles 0/);
    assert.equal(await run([compile, source], cache), '');
    assert.equal(await run([source], cache), 'compiles 0\n');
  });
});
