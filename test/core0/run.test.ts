import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../../lib/core0/index.ts';

const SAMPLE = fileURLToPath(new URL('sample-plugin.ts', import.meta.url));

function begin(...argv: string[]) {
  return spawn(process.execPath, [SAMPLE, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function call(...argv: string[]) {
  const child = begin(...argv);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, stdout, stderr };
}

const frame = (json: string) => `20:::${json}\n\n:::\n`;

describe('a container plugin prints byte for byte what coreX reads', { concurrency: 2 }, () => {
  const cases: [what: string, argv: string[], code: number, json: string][] = [
    ['a result', ['version', '{}'], 0, '"1.0alpha"'],
    ['its input', ['echo', '{"a": 1}'], 0, '{"a":1}'],
    ['null for a handler that returns nothing', ['nothing', '{}'], 0, 'null'],
    ['the message of an error', ['fail', '{}'], 1, '"no such bridge: \\"br0\\""'],
    ['what is thrown and is no Error as a panic', ['boom', '{}'], 1, '"paniced with error: oops"'],
    ['an unknown command', ['nosuch', '{}'], 1, '"unknown command: nosuch"'],
    [
      'a name of every object in JavaScript as an unknown command',
      ['constructor', '{}'],
      1,
      '"unknown command: constructor"',
    ],
    ['a missing command', [], 1, '"missing command"'],
    [
      'a result that JSON cannot hold as an error',
      ['unwritable', '{}'],
      1,
      '"result.deep[1].size: JSON cannot hold a bigint"',
    ],
    [
      'keys in the order of their bytes, and escapes, as Go',
      ['order', '{}'],
      0,
      '{"Z":[null,null],"a":"\\u003c\\u0026\\u003e\\u2028","b":1,"é":2}',
    ],
    ['null as the input when there is no second word', ['echo'], 0, 'null'],
    ['null as the input when there are three words', ['echo', '1', '2'], 0, 'null'],
    [
      'what is wrong with an input that is not JSON',
      ['echo', '{'],
      1,
      `"arguments: expected JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)"`,
    ],
    ['the result of typed input', ['add', '{"a":1,"b":2}'], 0, '3'],
    [
      'what is wrong with typed input',
      ['add', '{"c":1}'],
      1,
      `"add: arguments: must have required property 'a'; arguments: must NOT have additional properties (c)"`,
    ],
    ['an error at the limit of a command', ['slow', '{}'], 1, '"slow: not done after 0.05 s"'],
    ['an error that comes outside of the handler', ['later', '{}'], 1, '"too late"'],
    [
      'an error that cannot be looked at',
      ['hostile', '{}'],
      1,
      '"paniced with error: a value that cannot be shown"',
    ],
  ];
  for (const [what, argv, code, json] of cases) {
    test(what, async () => {
      const answer = await call(...argv);
      assert.deepEqual({ code: answer.code, stdout: answer.stdout }, { code, stdout: frame(json) });
    });
  }

  test('the result alone: what the handler prints goes to stderr', async () => {
    const { code, stdout, stderr } = await call('noisy', '{}');
    assert.deepEqual({ code, stdout }, { code: 0, stdout: frame('"quiet"') });
    assert.equal(stderr, ' 20:::"not the result"\n\n:::\n 2001::1 is up\n');
  });

  test('a large result whole, through a pipe whose reader is slow', async () => {
    const { code, stdout } = await call('large', '1000000');
    assert.equal(code, 0);
    assert.equal(stdout, frame(`"${'x'.repeat(1_000_000)}"`));
  });

  test('an error when it is told to end', async () => {
    const child = begin('wait', '{}');
    const closed = once(child, 'close');
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    assert.equal(await text(child.stdout), frame('"ended by SIGTERM"'));
    assert.equal((await closed)[0], 1);
  });
});

test('a command that callers could not name is refused when it is declared', () => {
  assert.throws(() => commands({ 'a.b': () => 1 }), /"a\.b": expected letters, digits, - and _/);
});
