import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flag } from '../../cmd/drpkit/flags.ts';
import { parse } from '../../cmd/drpkit/parse.ts';

const FLAGS: readonly Flag[] = [
  { name: 'debug', short: 'd', about: '' },
  { name: 'no-color', short: 'N', about: '' },
  { name: 'format', short: 'F', value: 'string', about: '' },
  { name: 'limit', value: 'int', about: '' },
  { name: 'with', value: 'string', repeats: true, about: '' },
];

/** The words and flags of a command line that is right. */
function parsed(...argv: string[]): [string[], Record<string, string | boolean | readonly string[]>] {
  const { words, flags, problem } = parse(argv, FLAGS);
  assert.equal(problem, undefined);
  return [words, Object.fromEntries(flags)];
}

test('a value is what follows its flag or is joined to it, whatever it looks like', () => {
  for (const argv of [['-F', '-x'], ['-F-x'], ['-F=-x'], ['--format', '-x'], ['--format=-x']]) {
    assert.deepEqual(parsed('list', ...argv), [['list'], { format: '-x' }], argv.join(' '));
  }
  assert.deepEqual(parsed('--format', '--debug'), [[], { format: '--debug' }]);
  assert.deepEqual(parsed('--format='), [[], { format: '' }]);
  assert.deepEqual(parsed('--limit', '-5'), [[], { limit: '-5' }]);
});

test('a flag that repeats keeps all of its values', () => {
  assert.deepEqual(parsed('--with', 'a', 'x', '--with=b'), [['x'], { with: ['a', 'b'] }]);
});

test('letters may share a dash, the last of them with a value', () => {
  assert.deepEqual(parsed('-dN'), [[], { debug: true, 'no-color': true }]);
  assert.deepEqual(parsed('-dFyaml', 'a'), [['a'], { debug: true, format: 'yaml' }]);
  assert.deepEqual(parsed('-dF', 'yaml', 'a'), [['a'], { debug: true, format: 'yaml' }]);
});

test('a flag without value takes no word, and may be told true or false', () => {
  assert.deepEqual(parsed('-d', 'true'), [['true'], { debug: true }]);
  assert.deepEqual(parsed('--debug=false', '--no-color=1'), [[], { debug: false, 'no-color': true }]);
  assert.equal(
    parse(['--debug=maybe'], FLAGS).problem,
    'invalid argument "maybe" for "-d, --debug" flag: not true or false',
  );
});

test('numbers, a dash alone and what follows -- are words', () => {
  assert.deepEqual(parsed('-12', '-12', '-', '-1.5', '--', '-d', '--milk'), [
    ['-12', '-12', '-', '-1.5', '-d', '--milk'],
    {},
  ]);
});

test('the last of several counts', () => {
  assert.deepEqual(parsed('-F', 'json', '--format=yaml'), [[], { format: 'yaml' }]);
});

test('an unknown flag and a missing value are named', () => {
  assert.equal(parse(['--milk=3'], FLAGS).problem, 'unknown flag: --milk');
  assert.equal(parse(['-dq'], FLAGS).problem, "unknown shorthand flag: 'q' in -dq");
  assert.equal(parse(['--format'], FLAGS).problem, 'flag needs an argument: --format');
  assert.equal(parse(['-F'], FLAGS).problem, 'flag needs an argument: -F');
});
