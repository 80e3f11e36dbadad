import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { binary } from '../support/binary.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'scripts', 'soaking', 'main.ts');

test('all plugins bear a minute of load and faults', {
  skip: process.platform !== 'linux' && 'a soak runs on Linux only',
  timeout: 400_000,
}, async (context) => {
  const args = ['--no-warnings', MAIN, '--minutes', '1', '--bin', dirname(binary('ipmi'))];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal: context.signal });
  context.diagnostic(stdout);
  assert.match(stdout, /\npassed: 1 minutes\n$/);
});
