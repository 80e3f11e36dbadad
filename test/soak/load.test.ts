import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { binary } from '../support/binary.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'scripts', 'soaking', 'main.ts');

/** Five rounds of load, in which each fault strikes. `scripts/soak` goes on for as long as it is told. */
const MINUTES = 0.75;

test('all plugins bear load and faults', {
  skip: process.platform !== 'linux' && 'a soak runs on Linux only',
  timeout: 800_000,
}, async (context) => {
  const args = ['--no-warnings', MAIN, '--minutes', String(MINUTES), '--bin', dirname(binary('ipmi'))];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal: context.signal });
  context.diagnostic(stdout);
  assert.match(stdout, new RegExp(`\\npassed: ${MINUTES} minutes\\n$`));
});
