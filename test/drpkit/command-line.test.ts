import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drpkit } from './drpkit.ts';
import { Runner } from './runner.ts';

/** Nobody listens there. */
const NOWHERE = { RS_ENDPOINT: 'https://127.0.0.1:1', RS_TOKEN: 'token' };

test('the command line', { concurrency: 2 }, async (t) => {
  using runner = new Runner(NOWHERE);

  await t.test('without a command, the help is shown', async () => {
    const [nothing, help, flag] = await Promise.all([drpkit([]), drpkit(['help']), drpkit(['-h'])]);
    assert.equal(nothing.code, 0);
    assert.match(nothing.stdout, /^Usage:\n {2}drpkit \[command\]$/m);
    assert.match(nothing.stdout, /^ {2}machines +\S/m);
    assert.match(
      nothing.stdout,
      /^ {2}-E, --endpoint string +.* \(default "https:\/\/127\.0\.0\.1:8092"\)$/m,
    );
    assert.deepEqual([help, flag], [nothing, nothing]);
  });

  await t.test('a group without a command shows its commands', async () => {
    const { code, stdout } = await drpkit(['machines']);
    assert.equal(code, 0);
    for (const name of [
      'actions',
      'addprofile',
      'create',
      'destroy',
      'get',
      'list',
      'params',
      'runaction',
      'set',
    ]) {
      assert.match(stdout, new RegExp(`^  ${name} +\\S`, 'm'));
    }
  });

  await t.test(
    'the help of a command shows its arguments and flags, and no secret of the environment',
    async () => {
      const env = { RS_KEY: 'bessie:milk-and-honey', RS_TOKEN: 'grass' };
      const [flag, word] = await Promise.all([
        drpkit(['machines', 'show', '--help'], { env }),
        drpkit(['help', 'machines', 'show'], { env }),
      ]);
      assert.equal(flag.code, 0);
      assert.match(flag.stdout, /^Usage:\n {2}drpkit machines show \[id\] \[flags\]$/m);
      assert.match(flag.stdout, /^ {6}--slim string +\S/m);
      assert.match(flag.stdout, /^Global Flags:$/m);
      assert.doesNotMatch(flag.stdout, /milk-and-honey|grass/);
      assert.deepEqual(word, flag);
    },
  );

  await t.test('an unknown command is an error that says where there is help', async () => {
    const [top, below] = await Promise.all([drpkit(['cows']), drpkit(['machines', 'milk'])]);
    assert.deepEqual(top, {
      code: 1,
      signal: null,
      stdout: '',
      stderr: `Error: unknown command "cows" for "drpkit"\nRun 'drpkit --help' for usage.\n`,
    });
    assert.equal(
      below.stderr,
      `Error: unknown command "milk" for "drpkit machines"\nRun 'drpkit machines --help' for usage.\n`,
    );
  });

  await t.test('a command that is nearly one is told which', async () => {
    const [top, below] = await Promise.all([
      runner.run(['machine', 'list']),
      runner.run(['machines', 'runacton']),
    ]);
    assert.equal(
      top.stderr,
      `Error: unknown command "machine" for "drpkit"

Did you mean this?
\tmachines

Run 'drpkit --help' for usage.\n`,
    );
    assert.match(below.stderr, /\nDid you mean this\?\n\trunaction\n\nRun /);
  });

  await t.test(
    'the help of what needs no endpoint has an example, and no flags about endpoints',
    async () => {
      const { stdout } = await runner.run(['new', '--help']);
      assert.match(stdout, /^Examples:\n {2}drpkit new \.\.\/hello$/m);
      assert.match(stdout, /^ {2}-h, --help +\S/m);
      assert.doesNotMatch(stdout, /--endpoint/);
    },
  );

  const misuses: [string, string[], string][] = [
    ['too few arguments', ['machines', 'show'], 'drpkit machines show [id] [flags] requires 1 argument'],
    [
      'too many arguments',
      ['machines', 'destroy', 'a', 'b'],
      'drpkit machines destroy [id] [flags] requires 1 argument',
    ],
    ['arguments where there are none', ['info', 'get', 'x'], 'unknown command "x" for "drpkit info get"'],
    [
      'a param without its value',
      ['machines', 'set', 'id', 'param', 'name'],
      'drpkit machines set [id] param [key] to [json blob] [flags] requires 5 arguments',
    ],
    [
      'params of an action that are no pairs',
      ['machines', 'runaction', 'id', 'milk', 'a', 'b', 'c'],
      'runaction either takes three arguments or a multiple of two, not 5',
    ],
    [
      'params of an action of the system that are no pairs',
      ['system', 'runaction', 'milk', 'a', 'b', 'c'],
      'runaction either takes two arguments or one plus a multiple of two, not 4',
    ],
    [
      'a filter without a value',
      ['machines', 'list', 'A=b', 'c'],
      "Filter argument requires an '=' separator: c",
    ],
    [
      'filters for content',
      ['contents', 'list', 'a=b'],
      'drpkit contents list [flags] does not support filtering',
    ],
    ['no file', ['contents', 'bundle'], 'Must provide a file'],
    [
      'a meta field without value',
      ['contents', 'bundle', 'a.yaml', 'Name'],
      "Meta fields must have '=' in them",
    ],
    ['an unknown flag', ['machines', 'list', '--milk=3'], 'unknown flag: --milk'],
    ['an unknown letter', ['machines', 'list', '-q'], "unknown shorthand flag: 'q' in -q"],
    ['the flag of another command', ['machines', 'show', 'id', '--limit', '3'], 'unknown flag: --limit'],
    [
      'a flag that is no number',
      ['machines', 'list', '--limit', 'x'],
      'invalid argument "x" for "--limit" flag: not a whole number',
    ],
    [
      'a type that is not said',
      ['extended', 'list'],
      'flag needed: -l, --ldata with the type of the objects',
    ],
  ];
  for (const [what, args, message] of misuses) {
    await t.test(`${what} is an error with the usage`, async () => {
      const { code, stdout, stderr } = await runner.run(args);
      const [first, second, usage] = stderr.split('\n');
      assert.deepEqual(
        { code, stdout, first, second, usage: usage?.startsWith(`  drpkit ${args[0]} ${args[1]}`) },
        { code: 1, stdout: '', first: `Error: ${message}`, second: 'Usage:', usage: true },
      );
    });
  }

  await t.test('an unknown flag without a command is two lines', async () => {
    const { code, stderr } = await drpkit(['--milk=3'], { env: NOWHERE });
    assert.deepEqual(
      { code, stderr },
      {
        code: 1,
        stderr: "Error: unknown flag: --milk\nRun 'drpkit --help' for its flags and commands.\n",
      },
    );
  });

  await t.test('a format that there is not is an error before anything is done', async () => {
    const { code, stderr } = await runner.run(['machines', 'list', '-F', 'xml']);
    assert.deepEqual({ code, stderr }, { code: 1, stderr: 'Error: Unknown pretty format xml\n' });
  });

  await t.test('the version is printed', async () => {
    assert.match((await drpkit(['version'])).stdout, /^Version: v\d+\.\d+\.\d+/);
  });
});
