import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findExecutable, runChild } from '../../lib/process/index.ts';

const never = new AbortController().signal;

function shell(script: string, options: Partial<Parameters<typeof runChild>[2]> = {}) {
  return runChild('/bin/sh', ['-c', script], { env: {}, timeLimitMs: 60_000, signal: never, ...options });
}

test('a child has the folder, the environment and the input that it is given, and no other', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'child-')));
  const end = await shell('pwd; echo "$ONLY $HOME"; cat', {
    cwd: folder,
    env: { ONLY: 'this' },
    input: 'read\n',
  });
  await rm(folder, { recursive: true });
  assert.deepEqual(end, {
    how: 'exit',
    code: 0,
    stdout: `${folder}\nthis \nread\n`,
    stderr: '',
    error: undefined,
  });
});

test('a child that fails is told by its code and what it said', async () => {
  const { how, code, stdout, stderr } = await shell('echo out; echo err >&2; exit 3');
  assert.deepEqual({ how, code, stdout, stderr }, { how: 'exit', code: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('a child is ended at its limit, by an abort, and when it prints without end', async () => {
  assert.equal((await shell('sleep 600', { timeLimitMs: 50 })).how, 'time limit');
  assert.equal((await shell('sleep 600', { signal: AbortSignal.abort() })).how, 'abort');
  assert.equal((await shell('head -c 100000000 /dev/zero')).how, 'output limit');
});

test('a program that is not there is unstartable, and so is a folder', async () => {
  const options = { env: {}, timeLimitMs: 60_000, signal: never };
  const { how, error } = await runChild('/nonexistent/tool', [], options);
  assert.equal(how, 'unstartable');
  assert.match(String(error), /ENOENT/);
  assert.equal((await shell('pwd', { cwd: '/nonexistent' })).how, 'unstartable');
  assert.equal((await runChild('/bin/sh', ['nul\0'], options)).how, 'unstartable');
});

test('an executable is found in the first folder of the PATH that has it; relative folders do not count', async () => {
  assert.equal(await findExecutable('sh', '/nonexistent:/bin:/usr/bin'), '/bin/sh');
  assert.equal(await findExecutable('sh', ':.:bin'), undefined);
});

test('a child that has ended is not waited for because of a process that it left behind with its output', async () => {
  const start = performance.now();
  const { how, code, stdout } = await shell('sleep 600 & echo done; exit 4');
  assert.deepEqual({ how, code, stdout }, { how: 'exit', code: 4, stdout: 'done\n' });
  assert.ok(performance.now() - start < 30_000, 'long before its limit');
});

test('all output of a child that has ended is read, however late', async () => {
  const ended = shell('head -c 60000 /dev/zero | tr "\\0" x; sleep 600 & exit 0');
  const until = performance.now() + 1_500;
  // Nothing is read while the event loop is held up.
  await new Promise((resolve) => setTimeout(resolve, 20));
  while (performance.now() < until);
  assert.equal((await ended).stdout.length, 60_000);
});
