import assert from 'node:assert/strict';
import { readdir, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { lives } from '../support/lives.ts';
import { until } from '../support/until.ts';
import { action, fakeHost, hostFixture, plugin } from './host-fixture.ts';

interface Seen {
  pid: number;
  cwd: string;
  argv: string[];
  stdin: string;
  env: Record<string, string>;
}

test('a plugin is run in the scratch folder, without stdin, with the environment and RS_*', async (t) => {
  process.env.HOST_TEST_PASSED_ON = 'yes';
  const { host, root, communication } = await fakeHost(t);
  await host.start(plugin('p'));
  const seen = (await host.action('p', action('process'))) as Seen;
  assert.equal(seen.cwd, await realpath(join(root, 'scratch')));
  assert.equal(seen.stdin, '');
  const { HOST_TEST_PASSED_ON, PATH, RS_ENDPOINT, RS_FILESERVER, RS_TOKEN, RS_WEBROOT } = seen.env;
  assert.deepEqual(
    { HOST_TEST_PASSED_ON, PATH, RS_ENDPOINT, RS_FILESERVER, RS_TOKEN, RS_WEBROOT },
    {
      HOST_TEST_PASSED_ON: 'yes',
      PATH: process.env.PATH,
      RS_ENDPOINT: 'https://127.0.0.1:8092',
      RS_FILESERVER: 'http://127.0.0.1:8091',
      RS_TOKEN: 'token of p',
      RS_WEBROOT: '/srv/tftpboot',
    },
  );
  const number = /toPlugin\.(\d+)$/.exec(seen.argv[0] ?? '')?.[1];
  assert.deepEqual(seen.argv, [
    join(communication, `p.toPlugin.${number}`),
    join(communication, `p.fromPlugin.${number}`),
  ]);
  assert.equal((await stat(seen.argv[1] ?? '')).mode & 0o777, 0o600);
  assert.equal((await stat(communication)).mode & 0o777, 0o700);
  assert.equal((await stat(join(root, 'scratch'))).mode & 0o777, 0o700);
});

test('after READY! the plugin is configured with its params and its name, and offers its actions', async (t) => {
  const { host, errors, running } = await fakeHost(t);
  assert.equal(host.state('p'), 'stopped');
  const starting = host.start(plugin('p', { 'a/b': [1, { c: null }], Name: 'not this' }));
  await assert.rejects(host.action('p', action('echo')), { code: 503 });
  await starting;
  assert.equal(host.running('p'), true);
  assert.deepEqual(running, ['p']);
  assert.deepEqual(errors.get('p'), [[]]);
  const { params } = (await host.action('p', action('echo'))) as { params: unknown };
  assert.deepEqual(params, { 'a/b': [1, { c: null }], Name: 'p' });
});

test('no params at all are fine', async (t) => {
  const { host } = await fakeHost(t);
  await host.start({ ...plugin('p'), Params: null });
  assert.ok(host.running('p'));
});

test('what a plugin prints before and after READY! is logged line by line', async (t) => {
  const { host, lines } = await fakeHost(t);
  await host.start(plugin('p'));
  await host.action('p', action('print'));
  const printed = () =>
    lines
      .filter(({ source }) => source.stream !== 'host')
      .map(({ line, source }) => [source.stream, line.Message]);
  await until(() => printed().length === 3, 'the printed lines');
  assert.deepEqual(printed().sort(), [
    ['stderr', 'to stderr'],
    ['stdout', 'to stdout'],
    ['stdout', 'warming up'],
  ]);
  const { line, source } = lines[0] ?? assert.fail('no line');
  assert.deepEqual(source, { provider: 'fake', plugin: 'p', stream: 'stdout' });
  assert.deepEqual(
    [line.Service, line.Principal, line.Level, line.IgnorePublish],
    ['p', 'fake', 'info', true],
  );
});

/** How it starts, and what the error says. */
const BAD_STARTS: [mode: string, code: number, messages: string[]][] = [
  ['failed', 500, ['the plugin said Failed', 'stderr: no licence']],
  ['exit', 500, ['the plugin exited with code 7 before READY!', 'stderr: no memory']],
  ['leave', 403, ['the plugin left before READY!', 'not for me']],
];

for (const [mode, code, messages] of BAD_STARTS) {
  test(`a plugin that does not start (${mode}) is answered with what was seen`, async (t) => {
    const { host, errors, communication, lines } = await fakeHost(t, { mode });
    await assert.rejects(host.start(plugin('p')), (error) => {
      assert.ok(error instanceof ModelError);
      assert.deepEqual([error.code, error.messages], [code, messages]);
      return true;
    });
    assert.deepEqual(errors.get('p'), [messages]);
    assert.ok(!host.running('p'));
    assert.deepEqual(await readdir(communication), []);
    assert.match(
      lines.find(({ line }) => line.Level === 'error')?.line.Message ?? '',
      /^Plugin p did not start: /,
    );
    await assert.rejects(host.action('p', action('echo')), { code: 503 });
  });
}

test('a plugin that closes its stdout without READY! is not waited for', async (t) => {
  const { host, script } = await hostFixture(t);
  await script(
    'fake',
    `case $1 in define) echo '{"Name":"fake","PluginVersion":4}' ;; listen) exec >&-; exec sleep 1000 ;; esac`,
  );
  await host.discover();
  await assert.rejects(host.start(plugin('p')), /closed its stdout before READY!/);
});

test('a plugin that never says READY! is ended at the limit', async (t) => {
  const { host, lines } = await fakeHost(t, { mode: 'silent', limits: { start: 400 } });
  await assert.rejects(host.start(plugin('p')), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 504);
    assert.equal(error.messages[0], 'the plugin did not say READY! within 0.4 s');
    return true;
  });
  assert.equal(host.state('p'), 'failed');
  assert.ok(lines.some(({ line }) => line.Level === 'error'));
});

test('one that ignores SIGTERM as well is killed', async (t) => {
  const { host, lines } = await fakeHost(t, { mode: 'stubborn', limits: { terminate: 100 } });
  const starting = host.start(plugin('p'));
  starting.catch(() => {});
  await until(() => lines.some(({ line }) => line.Message === 'cannot hear you'), 'the plugin to run');
  await host.stop('p');
  await assert.rejects(starting, { code: 409, message: /was stopped while it started/ });
});

test('a plugin that says READY! and does not listen fails at config', async (t) => {
  const { host } = await fakeHost(t, { mode: 'deaf', limits: { stop: 100 } });
  await assert.rejects(host.start(plugin('p')), {
    code: 502,
    message: /cannot be reached \(.*ENOENT.*\) before config was answered/,
  });
});

test('a config error is recorded as it is and stops the plugin', async (t) => {
  const { host, root, errors, communication } = await fakeHost(t);
  const mark = join(root, 'mark');
  const fail = { Model: 'plugin', Key: 'fake', Type: 'plugin', Messages: ['no key', 'no door'], Code: 409 };
  await assert.rejects(host.start(plugin('p', { fail, mark })), (error) => {
    assert.ok(error instanceof ModelError);
    assert.deepEqual(error.toJSON(), fail);
    return true;
  });
  assert.deepEqual(errors.get('p'), [['no key', 'no door']]);
  assert.equal(host.state('p'), 'failed');
  assert.equal((await stat(mark)).size, 'p stopped\n'.length);
  assert.deepEqual(await readdir(communication), []);
  assert.equal(host.providers().length, 1);
});

test('a config error in the form of the Go wrapper is unwrapped', async (t) => {
  const { host, errors } = await fakeHost(t);
  const inner = { Model: 'plugin', Key: 'fake', Type: 'plugin', Messages: ['you asked for it'], Code: 409 };
  const fail = { Model: '', Key: '', Type: '', Messages: [JSON.stringify(inner)], Code: 409 };
  await assert.rejects(host.start(plugin('p', { fail })), {
    message: 'plugin: plugin/fake: you asked for it',
  });
  assert.deepEqual(errors.get('p'), [['you asked for it']]);
});

test('a config error with code 403 removes the provider and stops its other plugins', async (t) => {
  const { host, errors, removed } = await fakeHost(t);
  await host.start(plugin('good'));
  const fail = { Model: 'plugin', Key: 'fake', Type: 'plugin', Messages: ['no licence'], Code: 403 };
  await assert.rejects(host.start(plugin('p', { fail })), { code: 403 });
  assert.deepEqual(removed, ['fake']);
  assert.deepEqual(host.providers(), []);
  assert.deepEqual(errors.get('p'), [['no licence']]);
  await until(() => errors.get('good')?.length === 2, 'the other plugin to be stopped');
  assert.deepEqual(errors.get('good')?.[1], ['Missing Plugin Provider: fake']);
  assert.equal(host.state('good'), 'stopped');
  await assert.rejects(host.start(plugin('p')), { code: 404, message: /Missing Plugin Provider: fake/ });
  // The next look at the plugins folder brings it back.
  await host.discover();
  await host.start(plugin('p'));
});

test('a plugin that dies over its config is answered with what was seen', async (t) => {
  const { host } = await fakeHost(t);
  await assert.rejects(host.start(plugin('p', { config: 'die' })), (error) => {
    assert.ok(error instanceof ModelError);
    assert.deepEqual(error.messages, [
      'the plugin exited with code 4 before config was answered',
      'stderr: config went wrong',
    ]);
    return true;
  });
  assert.equal(host.state('p'), 'failed');
});

test('a config that is never answered ends at its limit', async (t) => {
  const { host } = await fakeHost(t, { limits: { config: 200 } });
  await assert.rejects(host.start(plugin('p', { config: 'hang' })), {
    code: 504,
    message: /config was not answered within 0.2 s/,
  });
});

test('without its required params a plugin is not started', async (t) => {
  const { host, errors } = await fakeHost(t, { define: { RequiredParams: ['a/key', 'b/key', 'c/key'] } });
  await assert.rejects(host.start(plugin('p', { 'b/key': null })), { code: 422 });
  assert.deepEqual(errors.get('p'), [
    ['Missing required parameter: a/key', 'Missing required parameter: c/key'],
  ]);
  await host.start(plugin('p', { 'a/key': 1, 'b/key': 2, 'c/key': 3 }));
  assert.deepEqual(errors.get('p')?.at(-1), []);
});

test('a plugin of an unknown provider, or with a name that is a path, is not started', async (t) => {
  const { host } = await fakeHost(t);
  await assert.rejects(host.start({ ...plugin('p'), Provider: 'other' }), {
    code: 404,
    messages: ['Missing Plugin Provider: other'],
  });
  await assert.rejects(host.start(plugin('../p')), {
    code: 400,
    messages: [`Name: "../p" cannot be a plugin's name`],
  });
});

test('a socket path that is too long is an error that names the folder', async (t) => {
  const { host } = await fakeHost(t);
  await assert.rejects(host.start(plugin('p'.repeat(100))), {
    code: 400,
    message: /^plugin: plugins\/p+: communicationDirectory: /,
  });
});

test('an executable that is gone is an error, not a crash', async (t) => {
  const { host, plugins, errors, communication } = await fakeHost(t);
  await rm(join(plugins, 'fake'));
  await assert.rejects(host.start(plugin('p')), { code: 500, message: /cannot be run: .*ENOENT/ });
  assert.match(errors.get('p')?.[0]?.[0] ?? '', /ENOENT/);
  assert.deepEqual(await readdir(communication), []);
});

test('a changed plugin is stopped and started anew', async (t) => {
  const { host, root } = await fakeHost(t);
  const mark = join(root, 'mark');
  await host.start(plugin('p', { mark, at: 1 }));
  const before = (await host.action('p', action('process'))) as Seen;
  await host.start(plugin('p', { mark, at: 2 }));
  const after = (await host.action('p', action('process'))) as Seen;
  assert.notEqual(after.pid, before.pid);
  assert.notEqual(after.argv[0], before.argv[0]);
  assert.ok(!lives(before.pid));
  assert.equal((await stat(mark)).size, 'p stopped\n'.length);
  const { params } = (await host.action('p', action('echo'))) as { params: { at: number } };
  assert.equal(params.at, 2);
});

test('a change during the start gives up the old start for the new one', async (t) => {
  const { host, lines } = await fakeHost(t);
  const first = host.start(plugin('p', { config: 'hang' }));
  first.catch(() => {});
  await until(() => host.state('p') === 'configuring', 'config to be called');
  await host.start(plugin('p', { at: 2 }));
  await assert.rejects(first, { code: 409, message: /was changed while it started/ });
  const { params } = (await host.action('p', action('echo'))) as { params: unknown };
  assert.deepEqual(params, { at: 2, Name: 'p' });
  assert.ok(!lines.some(({ line }) => line.Level === 'error'));
});

test('two plugins of one provider run side by side, each with its own process, sockets and params', async (t) => {
  const { host } = await fakeHost(t);
  await Promise.all([host.start(plugin('one', { at: 1 })), host.start(plugin('two', { at: 2 }))]);
  const one = (await host.action('one', action('process'))) as Seen;
  const two = (await host.action('two', action('process'))) as Seen;
  assert.notEqual(one.pid, two.pid);
  assert.notEqual(one.argv[0], two.argv[0]);
  assert.deepEqual([one.env.RS_TOKEN, two.env.RS_TOKEN], ['token of one', 'token of two']);
  await host.stop('one');
  assert.ok(!host.running('one'));
  const { params } = (await host.action('two', action('echo'))) as { params: unknown };
  assert.deepEqual(params, { at: 2, Name: 'two' });
});
