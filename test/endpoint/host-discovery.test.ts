import assert from 'node:assert/strict';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { DEFINITION, hostFixture } from './host-fixture.ts';

test('every file is looked at, in the order of names, and a provider is found in each that is one', async (t) => {
  const { host, provider, script } = await hostFixture(t);
  await provider('zebra', {
    define: {
      AvailableActions: [
        { Provider: '', Model: 'machines', Command: 'graze', RequiredParams: null, OptionalParams: null },
      ],
    },
  });
  await script('middle', 'exit 3');
  await provider('ant');
  const reports = await host.discover();
  assert.deepEqual(
    reports.map(({ file, provider, skipped }) => [file, provider?.Name, skipped]),
    [
      ['ant', 'ant', undefined],
      ['middle', undefined, 'define exited with code 3'],
      ['zebra', 'zebra', undefined],
    ],
  );
  assert.deepEqual(
    host.providers().map(({ Name }) => Name),
    ['ant', 'zebra'],
  );
  // As the endpoint has it: the action knows its provider, absent lists are empty.
  assert.deepEqual(host.providers()[1]?.AvailableActions, [
    { Provider: 'zebra', Model: 'machines', Command: 'graze', RequiredParams: [], OptionalParams: [] },
  ]);
  assert.ok(reports.every(({ milliseconds }) => milliseconds > 0));
});

test('define gets the environment with RS_TOKEN=catalog, unpack gets none, both without stdin or the logins of who started the endpoint', async (t) => {
  const { host, root, script } = await hostFixture(t);
  process.env.HOST_TEST_PASSED_ON = 'yes';
  process.env.RS_KEY = 'user:never-told';
  process.env.RS_TOKEN = 'never-told';
  t.after(() => {
    delete process.env.RS_KEY;
    delete process.env.RS_TOKEN;
  });
  await script(
    'witness',
    `echo "$# $1 $2 token=$RS_TOKEN key=$RS_KEY passed=$HOST_TEST_PASSED_ON endpoint=$RS_ENDPOINT stdin=$(cat)" >> '${root}/seen'
     test $1 = unpack || echo '${JSON.stringify({ Name: 'witness', PluginVersion: 4 })}'`,
  );
  const [report] = await host.discover();
  assert.deepEqual(report?.provider, { ...DEFINITION, Name: 'witness', Version: '' });
  const endpoint = process.env.RS_ENDPOINT ?? '';
  assert.deepEqual((await readFile(join(root, 'seen'), 'utf8')).trim().split('\n'), [
    `1 define  token=catalog key= passed=yes endpoint=${endpoint} stdin=`,
    `2 unpack ${root}/files/plugin_providers/witness token= key= passed=yes endpoint=${endpoint} stdin=`,
  ]);
});

test('one word on stderr of define makes the provider be skipped, and the report shows it', async (t) => {
  const { host, script, lines } = await hostFixture(t);
  await script('noisy', `echo 'warning: old kernel' >&2; echo '${JSON.stringify(DEFINITION)}'`);
  const [report] = await host.discover();
  assert.match(report?.skipped ?? '', /^define: the output is not JSON: .*\noutput: .*warning: old kernel/s);
  assert.deepEqual(host.providers(), []);
  assert.match(lines[0]?.line.Message ?? '', /^Skipping noisy: define: the output is not JSON/);
});

const DEFINITIONS: [name: string, output: string, skipped: RegExp][] = [
  [
    'another PluginVersion',
    '{"Name":"x","PluginVersion":3}',
    /^define: PluginVersion is 3, expected 4\noutput: /,
  ],
  ['no PluginVersion', '{"Name":"x"}', /^define: PluginVersion is undefined, expected 4/],
  ['no output', '', /^define: the output is not JSON: Unexpected end of JSON input$/],
  ['a list', '[]', /^define: the definition: expected an object, found a list/],
  ['null', 'null', /^define: the definition: expected an object, found null/],
  ['no name', '{"PluginVersion":4}', /^define: Name: "" cannot be a provider's name/],
  ['a name that leads elsewhere', '{"PluginVersion":4,"Name":"../x"}', /^define: Name: "..\/x" cannot be/],
  ['a number for a name', '{"PluginVersion":4,"Name":7}', /^define: Name: expected a text, found number/],
  [
    'an action that is a text',
    '{"PluginVersion":4,"Name":"x","AvailableActions":["a"]}',
    /^define: AvailableActions\[0\]: expected an object, found string/,
  ],
  [
    'params that are no list',
    '{"PluginVersion":4,"Name":"x","RequiredParams":{}}',
    /^define: RequiredParams: expected a list, found object/,
  ],
  [
    'a text for a flag',
    '{"PluginVersion":4,"Name":"x","HasPublish":"no"}',
    /^define: HasPublish: expected true or false, found string/,
  ],
  [
    'a version that the endpoint reads as an empty number',
    '{"PluginVersion":4,"Name":"x","Version":"v1.0.0+271.g17ec5867"}',
    /^define: Version: "v1\.0\.0\+271\.g17ec5867" is not a version .*; write v1\.0\.1\+271\.g17ec5867; dr-provision itself would not start with provider x in its plugins folder\noutput: /,
  ],
  [
    'a version that is a word',
    '{"PluginVersion":4,"Name":"x","Version":"latest"}',
    /^define: Version: "latest" is not a version that an endpoint takes: /,
  ],
  [
    'wrong Meta',
    '{"PluginVersion":4,"Name":"x","Meta":{"a":1}}',
    /^define: Meta.a: expected a text, found number/,
  ],
];

test('a definition that is not as it should be is skipped with the field that is wrong', async (t) => {
  const { host, script } = await hostFixture(t);
  for (const [at, [, output]] of DEFINITIONS.entries()) {
    await script(String(at).padStart(2, '0'), `echo '${output}'`);
  }
  const reports = await host.discover();
  for (const [at, [name, , skipped]] of DEFINITIONS.entries()) {
    assert.match(reports[at]?.skipped ?? '', skipped, name);
  }
  assert.deepEqual(host.providers(), []);
});

test('what cannot be run is skipped with the reason', async (t) => {
  const { host, plugins } = await hostFixture(t);
  await mkdir(join(plugins, 'folder'));
  await writeFile(join(plugins, 'notes.txt'), 'hello', { mode: 0o644 });
  await writeFile(join(plugins, '.upload.part'), 'half');
  const reports = await host.discover();
  assert.deepEqual(
    reports.map(({ file }) => file),
    ['folder', 'notes.txt'],
  );
  assert.equal(reports[0]?.skipped, 'is not a file');
  assert.match(reports[1]?.skipped ?? '', /^cannot be run: .*EACCES/);
});

test('a failing unpack makes the provider be skipped with what it printed', async (t) => {
  const { host, provider } = await hostFixture(t);
  await provider('full', { unpack: "echo 'No space left on device' >&2; exit 1" });
  const [report] = await host.discover();
  assert.equal(report?.skipped, 'unpack exited with code 1\noutput: No space left on device');
  assert.equal(report?.provider, undefined);
  assert.deepEqual(host.providers(), []);
});

test('a define that does not end is killed with all that it started', async (t) => {
  const { host, script } = await hostFixture(t, { limits: { define: 300 } });
  await script('define', 'sleep 1000; exit');
  const [report] = await host.discover();
  assert.equal(report?.skipped, 'define did not end within 0.3 s');
});

test('an unpack that does not end is killed with all that it started', async (t) => {
  const { host, provider } = await hostFixture(t, { limits: { unpack: 300 } });
  await provider('unpack', { unpack: 'sleep 1000; exit' });
  const [report] = await host.discover();
  assert.equal(report?.skipped, 'unpack did not end within 0.3 s');
});

test('a provider that leaves a process behind does not hold discovery up', async (t) => {
  const { host, script } = await hostFixture(t);
  await script('forker', `sleep 1000 & test $1 = unpack || echo '${JSON.stringify(DEFINITION)}'`);
  const [report] = await host.discover();
  assert.equal(report?.provider?.Name, 'fake');
});

test('a define that prints without end is killed', async (t) => {
  const { host, script } = await hostFixture(t);
  await script('flood', 'cat /dev/zero');
  const [report] = await host.discover();
  assert.match(report?.skipped ?? '', /^define printed more than 67108864 bytes\noutput: /);
});

test('a killed define is told apart from one that exited', async (t) => {
  const { host, script } = await hostFixture(t);
  await script('victim', 'kill -9 $$');
  const [report] = await host.discover();
  assert.equal(report?.skipped, 'define was ended by SIGKILL');
});

test('of two files with one provider the one of its name is taken', async (t) => {
  const { host, provider, script } = await hostFixture(t);
  await script(
    'a-copy',
    `test $1 = unpack || echo '${JSON.stringify({ ...DEFINITION, Version: 'v2.0.0' })}'`,
  );
  await provider('fake');
  const reports = await host.discover();
  assert.equal(reports[0]?.skipped, 'provider fake is taken from fake');
  assert.equal(reports[0]?.provider, undefined);
  assert.equal(host.providers()[0]?.Version, 'v1.0.0');
});

test('of two files with one provider, both of another name, the first is taken', async (t) => {
  const { host, script } = await hostFixture(t);
  for (const version of ['2.0.0', '1.0.0']) {
    await script(
      version,
      `test $1 = unpack || echo '${JSON.stringify({ ...DEFINITION, Version: version })}'`,
    );
  }
  await host.discover();
  assert.deepEqual(
    host.providers().map(({ Version }) => Version),
    ['1.0.0'],
  );
});

test('a single file can be discovered again, and one that is gone is forgotten at the next discovery', async (t) => {
  const { host, provider } = await hostFixture(t);
  await provider('fake');
  await host.discover();
  await provider('fake', { define: { Version: 'v2' } });
  assert.equal((await host.discoverOne('fake')).provider?.Version, 'v2');
  assert.equal(host.providers()[0]?.Version, 'v2');
  assert.equal((await host.discoverOne('absent')).skipped, 'is not a file');
  await host.removeProvider('fake');
  assert.deepEqual(await host.discover(), []);
  assert.deepEqual(host.providers(), []);
});

test('an uploaded provider moves to its name; what is not a provider is deleted and refused', async (t) => {
  const { host, plugins, provider, script } = await hostFixture(t);
  await provider('.upload.part', { define: { Name: 'fresh' } });
  const installed = await host.install(join(plugins, '.upload.part'));
  assert.equal(installed.Name, 'fresh');
  assert.deepEqual(await readdir(plugins), ['fresh']);
  assert.equal(host.providers()[0]?.Name, 'fresh');

  const bad = await script('.bad.part', "echo 'segmentation fault' >&2; exit 139");
  await assert.rejects(host.install(bad), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 400);
    assert.deepEqual(error.messages, ['define exited with code 139', 'output: segmentation fault']);
    return true;
  });
  assert.deepEqual(await readdir(plugins), ['fresh']);

  await provider('.next.part', { define: { Name: 'fresh', Version: 'v1.0.0-dev.1' } });
  await assert.rejects(host.install(join(plugins, '.next.part')), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 400);
    assert.match(
      error.messages[0] ?? '',
      /^define: Version: "v1\.0\.0-dev\.1" .*dr-provision itself would not start with provider fresh /,
    );
    return true;
  });
  assert.deepEqual(await readdir(plugins), ['fresh']);
  assert.equal(host.providers()[0]?.Version, 'v1.0.0');
});

test('removing an unknown provider is a 404', async (t) => {
  const { host } = await hostFixture(t);
  await assert.rejects(host.removeProvider('nobody'), { code: 404, key: 'nobody' });
});

test('an executable that is still being copied is waited for', async (t) => {
  const { host, provider, plugins } = await hostFixture(t);
  await provider('fake');
  const copying = await open(join(plugins, 'fake'), 'r+');
  const discovery = host.discover();
  setTimeout(() => copying.close(), 100);
  assert.equal((await discovery)[0]?.provider?.Name, 'fake');
});

test('closing the host ends a discovery that is under way', async (t) => {
  const { host, script, root } = await hostFixture(t);
  await script('slow', `touch '${root}/begun'; sleep 1000`);
  const discovery = host.discover();
  await until(async () => (await readdir(root)).includes('begun'), 'define');
  await host.close();
  assert.equal((await discovery)[0]?.skipped, 'define was cancelled');
});
