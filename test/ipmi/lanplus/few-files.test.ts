import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findExecutable } from '../../../lib/process/index.ts';

const noLimit =
  (await findExecutable('prlimit', process.env.PATH ?? '')) === undefined &&
  'prlimit (util-linux) is not installed';

test('without a file for a socket, calls and consoles fail at once and say why, and work when there is one', {
  skip: noLimit,
}, async () => {
  const args = ['--nofile=80', process.execPath, join(import.meta.dirname, 'few-files-process.ts')];
  const { stdout } = await promisify(execFile)('prlimit', args, { timeout: 60_000 });
  const { without, tookMs, again, shown, left } = JSON.parse(stdout);
  assert.equal(without.length, 4);
  for (const error of without)
    assert.match(
      error,
      /no UDP socket can be opened: .*EMFILE: the limit of open files is reached \(ulimit -n\)/,
    );
  // Nobody waits for an answer to what was not sent.
  assert.ok(tookMs < 9_000, `${tookMs} ms`);
  assert.deepEqual([again, shown], ['code 0', 'open']);
  assert.equal(left, 0, 'files that were left open');
});
