import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { binary } from '../support/binary.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'scripts', 'soaking', 'main.ts');

test('ipmi is called natively and by ipmitool, and lines are fitted to its memory', {
  skip: process.platform !== 'linux' && 'a soak runs on Linux only',
  timeout: 800_000,
}, async (context) => {
  const args = ['--no-warnings', MAIN, '--slope', '--minutes', '0.02', '--bin', dirname(binary('ipmi'))];
  const run = promisify(execFile)(process.execPath, args, { signal: context.signal });
  // So short a time does not tell whether memory grows.
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  for (const transport of ['native', 'ipmitool']) {
    assert.match(
      stdout,
      new RegExp(`^ipmi, ${transport}: [1-9]\\d* calls in 0\\.02 minutes, 0 not answered`, 'm'),
    );
  }
  assert.match(stdout, /^ {2}private dirty .* MB, grows by -?[\d.]+ \+- [\d.]+ MB: (flat|GROWS)$/m);
});
