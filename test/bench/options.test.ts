import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const bench = join(import.meta.dirname, '../../scripts/bench');
const run = promisify(execFile);

test('scripts/bench says what is wrong with its options', {
  skip: process.platform !== 'linux' && 'measures on Linux only',
}, async () => {
  const said = async (...args: string[]) => {
    const { code, stderr } = await run(bench, args).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );
    assert.equal(code, 1);
    return stderr;
  };
  assert.match(await said('--only', 'nothing'), /--only: no section nothing/);
  assert.match(await said('--rounds', 'many'), /--rounds: expected a number, 1 or more, found "many"/);
  assert.match(await said('--bin', join(import.meta.dirname, 'none')), /ENOENT.*none/);
});
