import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { COUNTED } from '../support/coverage.ts';
import { QUICK_START } from '../support/quick-start.ts';

const file = join(import.meta.dirname, '../support/validating-plugin.ts');

function define(env: Record<string, string>, ...flags: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, 'define', ...flags], {
    env: {
      ...COUNTED,
      ...QUICK_START,
      RS_ENDPOINT: 'https://127.0.0.1:1',
      ...env,
    },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status, stdout, stderr };
}

test('an endpoint that wants the catalog gets the static definition', () => {
  const { status, stdout, stderr } = define({ RS_TOKEN: 'catalog', REFUSE: 'yes' });
  assert.deepEqual([status, stderr, JSON.parse(stdout).Documentation], [0, '', '']);
});

test('an endpoint that gives a session gets what validate returned, and no warning of Node.js', () => {
  const { status, stdout, stderr } = define({ RS_TOKEN: 'TOKEN' });
  assert.deepEqual([status, stderr], [0, '']);
  assert.equal(JSON.parse(stdout).Documentation, 'for https://127.0.0.1:1');
});

test('what validate throws is printed and ends with a code that is not zero', () => {
  const { status, stdout, stderr } = define({ RS_TOKEN: 'TOKEN', REFUSE: 'yes' });
  assert.deepEqual([status, stdout, stderr], [1, '', 'Error: plugin: not on this endpoint\n']);
});

test('a version of validate with which an endpoint would not start is refused', () => {
  const { status, stdout, stderr } = define({ RS_TOKEN: 'TOKEN', VERSION: 'v2.0.0-rc.1' });
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^Error: plugin "validating": Version: "v2\.0\.0-rc\.1" .*; write v2\.0\.1-rc\.1\n$/);
});

test('what validate logs, and a warning, is seen with --debug only', () => {
  const { status, stderr } = define({ RS_TOKEN: 'TOKEN' }, '--debug');
  assert.equal(status, 0);
  assert.match(stderr, /info validating\[\d+:1\] .*: asking https:\/\/127\.0\.0\.1:1\n/);
  assert.match(stderr, /Warning: Careful/);
});
