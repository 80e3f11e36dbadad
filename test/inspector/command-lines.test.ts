import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { Call } from '../../lib/inspector/page/run/call.ts';
import { asCurl, asDrpcli, asDrpkit } from '../../lib/inspector/page/run/command-lines.ts';
import { parseYaml } from '../../lib/yaml/index.ts';

const ENDPOINT = 'https://127.0.0.1:8092';
const TEXTS = [
  'plain',
  "it's",
  '10',
  'yes',
  '~',
  'a: b',
  '$HOME `id`',
  '- x',
  'null',
  '',
  'two\nlines',
  '-h',
];

const call = (more: Partial<Call>): Call => ({
  prefix: 'machines',
  key: '7d0f64c3',
  plugin: 'ipmi',
  command: 'poweron',
  params: {},
  secrets: [],
  ...more,
});

/** The arguments as a shell makes them of a command line. */
function words(line: string): string[] {
  const [program = ''] = line.split(' ', 1);
  const script = `${program}() { printf '%s\\0' "$@"; }\n${line}`;
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { RS_KEY: 'user:pass' } })
    .split('\0')
    .slice(0, -1);
}

test('values of params reach drpcli as they are, whatever a shell and YAML make of texts', () => {
  const params = Object.fromEntries([
    ...TEXTS.map((text, at) => [`p/${at}`, text]),
    ['list', [1, 'b']],
    ['flag', true],
  ]);
  for (const as of [asDrpcli, asDrpkit]) {
    const [flag, endpoint, prefix, verb, key, command, ...rest] = words(as(call({ params }), ENDPOINT));
    assert.deepEqual(
      [flag, endpoint, prefix, verb, key, command],
      ['-E', ENDPOINT, 'machines', 'runaction', '7d0f64c3', 'poweron'],
    );
    assert.deepEqual(rest.slice(-2), ['--plugin', 'ipmi']);
    const pairs = rest.slice(0, -2);
    const given: Record<string, unknown> = {};
    for (let at = 0; at < pairs.length; at += 2)
      given[pairs[at] ?? ''] = parseYaml(pairs[at + 1] ?? '').value;
    assert.deepEqual(given, params);
  }
});

test('curl sends the params as JSON to the route of the action', () => {
  const params = Object.fromEntries(TEXTS.map((text, at) => [`p/${at}`, text]));
  const sent = words(asCurl(call({ params, command: 'power on' }), ENDPOINT));
  assert.equal(sent.at(-1), `${ENDPOINT}/api/v3/machines/7d0f64c3/actions/power%20on?plugin=ipmi`);
  assert.deepEqual(JSON.parse(sent.at(-2) ?? ''), params);
  assert.deepEqual(sent.slice(0, 3), ['--insecure', '--user', 'user:pass']);
});

test('secrets are placeholders', () => {
  const secret = call({ secrets: ['ipmi/password'] });
  assert.match(asDrpcli(secret, ENDPOINT), / ipmi\/password '"<ipmi\/password>"' /);
  assert.match(asCurl(secret, ENDPOINT), /--data '\{"ipmi\/password":"<ipmi\/password>"\}'/);
});

test('actions of the system, of jobs, and of objects of a type of its own', () => {
  const line = (more: Partial<Call>) => words(asDrpcli(call(more), ENDPOINT)).slice(2, -2);
  assert.deepEqual(line({ prefix: 'system', key: '' }), ['system', 'runaction', 'poweron']);
  assert.deepEqual(line({ prefix: 'jobs' }), ['jobs', 'runplugin_action', '7d0f64c3', 'poweron']);
  assert.deepEqual(line({ prefix: 'cows', key: 'berta' }), [
    'extended',
    '-l',
    'cows',
    'runaction',
    'berta',
    'poweron',
  ]);
  assert.match(asCurl(call({ prefix: 'jobs' }), ENDPOINT), /\/jobs\/7d0f64c3\/plugin_actions\/poweron/);
  assert.match(asCurl(call({ prefix: 'system' }), ENDPOINT), /\/system\/actions\/poweron/);
});
