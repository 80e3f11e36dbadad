import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { PluginHost } from '../../lib/endpoint/host/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { lives } from '../support/lives.ts';
import { until } from '../support/until.ts';
import { action, fakeHost, type HostFixture, plugin } from './host-fixture.ts';

async function running(
  t: TestContext,
  params: Record<string, unknown> = {},
  options: Parameters<typeof fakeHost>[1] = {},
): Promise<HostFixture> {
  const fixture = await fakeHost(t, options);
  await fixture.host.start(plugin('p', params));
  return fixture;
}

async function pidOf(host: PluginHost, name = 'p'): Promise<number> {
  return ((await host.action(name, action('process'))) as { pid: number }).pid;
}

/** How many threads a process has that has not been waited for; unknown ones count for none. */
function threads(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function leave(host: PluginHost, reason: unknown): Promise<unknown> {
  return host.action(
    'p',
    action('ask', { method: 'POST', path: '/api-server-plugin/v4/leaving', body: reason }),
  );
}

test('stop lets the plugin end by itself and leaves no socket', async (t) => {
  const { host, root, communication, errors } = await running(t);
  const mark = join(root, 'mark');
  await host.start(plugin('p', { mark }));
  const pid = await pidOf(host);
  await host.stop('p');
  assert.equal(await readFile(mark, 'utf8'), 'p stopped\n');
  assert.ok(!lives(pid));
  assert.equal(host.state('p'), 'stopped');
  assert.deepEqual(await readdir(communication), []);
  // A stop that was asked for is no error.
  assert.deepEqual(errors.get('p')?.at(-1), []);
  await assert.rejects(host.action('p', action('echo')), { code: 503 });
  await host.stop('p');
  await host.stop('never started');
});

test('a plugin that ends before it answers stop, as the Go wrapper does, has stopped well', async (t) => {
  const { host, lines } = await running(t, { stop: 'rude' });
  await host.stop('p');
  assert.equal(host.state('p'), 'stopped');
  assert.ok(!lines.some(({ line }) => line.Level === 'warn' || line.Level === 'error'));
});

test('a plugin that does not stop is killed', async (t) => {
  const { host, lines } = await running(t, { stop: 'hang' }, { limits: { stop: 100 } });
  const pid = await pidOf(host);
  await host.stop('p');
  assert.ok(!lives(pid));
  assert.equal(lines.at(-1)?.line.Message, 'Plugin p did not stop in time and was killed');
});

test('an action under way may end before the plugin is stopped', async (t) => {
  const { host } = await running(t);
  const slow = host.action('p', action('slow', { ms: 150 }));
  await host.stop('p');
  assert.equal(await slow, 'done');
});

test('an action that does not end does not hold a stop up', async (t) => {
  const { host } = await running(t, { stop: 'rude' }, { limits: { drain: 50 } });
  const hanging = host.action('p', action('hang'));
  hanging.catch(() => {});
  await host.stop('p');
  await assert.rejects(hanging, { code: 502, message: /exited with code 0 before action was answered/ });
});

test('what a plugin started goes with it', async (t) => {
  const { host } = await running(t);
  const child = (await host.action('p', action('child'))) as number;
  assert.ok(lives(child));
  await host.stop('p');
  await until(() => !lives(child), 'the child to end');
});

test('a plugin that leaves is stopped, and its reason is recorded', async (t) => {
  const { host, errors, removed } = await running(t);
  const answer = await leave(host, { Code: 200, Type: 'plugin', Messages: ['had enough'] });
  assert.deepEqual(answer, { status: 204, text: '' });
  await until(() => host.state('p') === 'stopped', 'the plugin to be stopped');
  assert.deepEqual(errors.get('p'), [[], ['the plugin left with code 200', 'had enough']]);
  assert.deepEqual(removed, []);
  assert.equal(host.providers().length, 1);
});

test('a plugin may leave without a reason', async (t) => {
  const { host, errors } = await running(t);
  await leave(host, 'null');
  await until(() => host.state('p') === 'stopped', 'the plugin to be stopped');
  assert.deepEqual(errors.get('p')?.at(-1), ['the plugin left with code 0']);
});

test('a plugin that leaves with code 403 takes its provider with it', async (t) => {
  const { host, errors, removed } = await running(t);
  await host.start(plugin('other'));
  await leave(host, { Code: 403, Type: 'plugin', Messages: ['no licence'] });
  await until(() => errors.get('other')?.length === 2, 'all to be stopped');
  assert.deepEqual(removed, ['fake']);
  assert.deepEqual(host.providers(), []);
  assert.deepEqual(errors.get('p')?.at(-1), ['the plugin left with code 403', 'no licence']);
  assert.deepEqual(errors.get('other')?.at(-1), ['Missing Plugin Provider: fake']);
});

test('a plugin that leaves while it is configured does not start', async (t) => {
  const { host, errors } = await fakeHost(t);
  const reason = { Code: 409, Type: 'plugin', Messages: ['changed my mind'] };
  await assert.rejects(host.start(plugin('p', { config: 'leave', reason })), {
    code: 409,
    messages: ['the plugin left with code 409', 'changed my mind'],
  });
  assert.equal(host.state('p'), 'stopped');
  assert.deepEqual(errors.get('p'), [['the plugin left with code 409', 'changed my mind']]);
});

test('removing a provider stops its plugins and deletes its file', async (t) => {
  const { host, plugins, errors } = await running(t);
  const pid = await pidOf(host);
  await host.removeProvider('fake');
  assert.deepEqual(await readdir(plugins), []);
  assert.ok(!lives(pid));
  assert.deepEqual(errors.get('p')?.at(-1), ['Missing Plugin Provider: fake']);
});

test('an action that comes between the death of a plugin and the news of it is known not to have begun', async (t) => {
  const { host } = await running(t, {}, { limits: { restartFirst: 10 } });
  for (const connections of [1, 8]) {
    await until(() => host.state('p') === 'running', 'the plugin');
    const pid = await pidOf(host);
    process.kill(pid, 'SIGKILL');
    // Without a pause, in which the host would be told. Its sockets are there until the last of its threads has ended.
    while (lives(pid) || threads(pid) > 1);
    assert.equal(host.state('p'), 'running');
    const answers = await Promise.allSettled(
      Array.from({ length: connections }, () => host.action('p', action('echo'))),
    );
    for (const answer of answers) {
      assert.equal(answer.status, 'rejected');
      const { code, messages } = answer.reason as ModelError;
      assert.equal(code, 503);
      assert.deepEqual(messages, ['the plugin was ended by SIGKILL before action reached it']);
    }
  }
});

test('when a plugin dies over an action, its caller gets a ModelError at once, with what was seen', async (t) => {
  const { host, errors, lines } = await running(t, {}, { limits: { restartFirst: 60_000 } });
  const other = host.action('p', action('hang'));
  other.catch(() => {});
  await assert.rejects(host.action('p', action('die')), (error) => {
    assert.ok(error instanceof ModelError);
    assert.deepEqual(error.toJSON(), {
      Model: 'plugins',
      Key: 'p',
      Type: 'plugin',
      Messages: ['the plugin exited with code 3 before action was answered', 'stderr: out of cheese'],
      Code: 502,
    });
    return true;
  });
  await assert.rejects(other, { code: 502 });
  await until(() => errors.get('p')?.length === 2, 'the death to be recorded');
  assert.equal(host.state('p'), 'waiting');
  assert.deepEqual(errors.get('p')?.at(-1), ['the plugin exited with code 3', 'stderr: out of cheese']);
  assert.ok(lines.some(({ line }) => line.Message === 'Plugin p died: it exited with code 3'));
  await assert.rejects(host.action('p', action('echo')), { code: 503, message: /not running \(waiting\)/ });
});

test('what a plugin logs with its last breath is still read', async (t) => {
  const { host, lines } = await running(t, {}, { limits: { restartFirst: 60_000 } });
  await assert.rejects(host.action('p', action('farewell')), { code: 502 });
  await until(
    () => lines.some(({ line }) => line.Message.startsWith('Plugin p died')),
    'the death to be noticed',
  );
  const logged = lines.filter(({ source }) => source.stream === 'log').map(({ line }) => line.Message);
  assert.deepEqual(logged, ['first', 'last']);
});

test('a plugin that was killed is started again, with the same params', async (t) => {
  const {
    host,
    errors,
    running: ran,
    communication,
  } = await running(t, { at: 1 }, { limits: { restartFirst: 10 } });
  const pid = await pidOf(host);
  process.kill(pid, 'SIGKILL');
  await until(() => ran.length === 2, 'the restart');
  assert.deepEqual(errors.get('p'), [[], ['the plugin was ended by SIGKILL'], []]);
  assert.notEqual(await pidOf(host), pid);
  const { params } = (await host.action('p', action('echo'))) as { params: unknown };
  assert.deepEqual(params, { at: 1, Name: 'p' });
  assert.equal((await readdir(communication)).length, 2);
});

test('a plugin that dies again and again is started again ever more slowly', async (t) => {
  const {
    host,
    lines,
    running: ran,
  } = await running(t, {}, { limits: { restartFirst: 10, restartLongest: 35, restartReset: 60_000 } });
  for (let deaths = 1; deaths <= 4; deaths += 1) {
    await host.action('p', action('die')).catch(() => {});
    await until(() => ran.length === deaths + 1, 'the restart');
  }
  const waits = lines.flatMap(({ line }) => /started again in (.*) s$/.exec(line.Message)?.[1] ?? []);
  assert.deepEqual(waits, ['0.01', '0.02', '0.035', '0.035']);
});

test('a plugin that ran long enough is started again as after its first death', async (t) => {
  const {
    host,
    lines,
    running: ran,
  } = await running(t, {}, { limits: { restartFirst: 10, restartReset: 0 } });
  for (let deaths = 1; deaths <= 2; deaths += 1) {
    await host.action('p', action('die')).catch(() => {});
    await until(() => ran.length === deaths + 1, 'the restart');
  }
  const waits = lines.flatMap(({ line }) => /started again in (.*) s$/.exec(line.Message)?.[1] ?? []);
  assert.deepEqual(waits, ['0.01', '0.01']);
});

test('a restart that fails is tried again', async (t) => {
  const { host, errors, provider, running: ran } = await running(t, {}, { limits: { restartFirst: 10 } });
  await provider('fake', { mode: 'exit' });
  await host.action('p', action('die')).catch(() => {});
  const failed = () => errors.get('p')?.at(-1)?.[0] === 'the plugin exited with code 7 before READY!';
  await until(failed, 'a failed restart');
  await provider('fake');
  await until(() => ran.length === 2, 'the restart');
  assert.deepEqual(errors.get('p')?.at(-1), []);
});

test('a dead plugin that is stopped stays stopped', async (t) => {
  const { host, running: ran } = await running(t, {}, { limits: { restartFirst: 60_000 } });
  await host.action('p', action('die')).catch(() => {});
  await until(() => host.state('p') === 'waiting', 'the news of its death');
  await host.stop('p');
  assert.equal(host.state('p'), 'stopped');
  await host.start(plugin('q'));
  assert.deepEqual(ran, ['p', 'q']);
});

test('an endpoint that fails over the news of a plugin changes nothing for the plugin', async (t) => {
  const { host, lines } = await fakeHost(t, { limits: { restartFirst: 10 } });
  host.observe({
    pluginErrors: () => {
      throw new Error('disk full');
    },
    pluginRunning: () => {
      throw new Error('no memory');
    },
    providerRemoved: () => {},
  });
  await host.start(plugin('p'));
  const pid = await pidOf(host);
  await host.action('p', action('die')).catch(() => {});
  await until(() => lines.some(({ line }) => line.Message.startsWith('Plugin p died')), 'its death');
  await until(() => host.running('p'), 'the restart');
  assert.notEqual(await pidOf(host), pid);
  const failures = lines.filter(({ line }) =>
    /^telling the endpoint failed: Error: (disk full|no memory)/.test(line.Message),
  );
  assert.equal(failures.length, 5);
});

test('close leaves no child behind, whatever the plugins were doing', async (t) => {
  const { host, communication, provider } = await running(t, {}, { limits: { drain: 50, stop: 200 } });
  await provider('slow', { mode: 'silent' });
  await host.discoverOne('slow');
  await host.start(plugin('stuck', { stop: 'hang' }));
  const pids = [await pidOf(host), await pidOf(host, 'stuck')];
  pids.push((await host.action('p', action('child'))) as number);
  const busy = host.action('p', action('hang'));
  busy.catch(() => {});
  const starting = host.start({ ...plugin('late'), Provider: 'slow' });
  starting.catch(() => {});
  await until(() => host.state('late') === 'starting', 'the last to be started');
  await host.close();
  await assert.rejects(starting, { code: 409 });
  await assert.rejects(busy, { code: 502 });
  for (const pid of pids) await until(() => !lives(pid), `process ${pid} to end`);
  assert.deepEqual(await readdir(communication), []);
  await assert.rejects(host.start(plugin('p')), { code: 503 });
});

test('an endpoint that ends without a word takes its plugins with it', async (t) => {
  const { root, host } = await fakeHost(t);
  await host.close();
  const index = fileURLToPath(new URL('../../lib/endpoint/host/index.ts', import.meta.url));
  const script = `
    const { PluginHost } = await import(${JSON.stringify(index)});
    const host = new PluginHost({
      pluginsDirectory: '${root}/plugins', filesDirectory: '${root}/files',
      communicationDirectory: '${root}/comm', scratchDirectory: '${root}/scratch',
      environment: {}, token: () => '', onLog() {}, onPublish() {}, isSecret: () => false, listObjects: () => [],
    });
    await host.discover();
    await host.start({ Name: 'p', Provider: 'fake', Params: {} });
    const { pid } = await host.action('p', { Model: null, Plugin: 'p', Command: 'process', CommandSet: 'system', Params: {} });
    console.log(pid);
    throw new Error('crash');
  `;
  const endpoint = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  endpoint.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  await once(endpoint, 'close');
  assert.match(output, /^\d+\n$/);
  await until(() => !lives(Number(output)), 'the plugin to end');
});
