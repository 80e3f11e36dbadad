import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { COMMUNITY_CONTENT } from '../../cmd/drpkit/demo/community-content.ts';
import type { PluginProcess } from '../../lib/models/index.ts';
import { installProvider, Running } from '../endpoint/running-endpoint.ts';
import { fakeIpmitool } from '../ipmi/fake-ipmitool.ts';
import { binary } from '../support/binary.ts';
import { giveCertificate } from '../support/endpoint-root.ts';
import { startBmc } from '../support/ipmi-simulator.ts';
import { lives } from '../support/lives.ts';
import { MetalService } from '../support/metal-service/index.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { finished, scratch } from './finished.ts';
import { running } from './processes.ts';
import { silentServer } from './silent-server.ts';

const QUICK = { restartFirst: 10, restartLongest: 50 };
const KILLS = 8;

/** A development endpoint with these providers: built executables by name, or shell scripts in their place. */
async function endpointWith(
  root: string,
  providers: Record<string, string | undefined>,
  limits: Record<string, number> = {},
): Promise<Running> {
  const plugins = join(root, 'plugins');
  await mkdir(plugins, { recursive: true });
  await giveCertificate(root);
  for (const [name, script] of Object.entries(providers)) {
    if (script === undefined) await symlink(binary(name), join(plugins, name));
    else {
      await writeFile(join(plugins, name), `#!/bin/sh\nreal='${binary(name)}'\n${script}\n`);
      await chmod(join(plugins, name), 0o700);
    }
  }
  return Running.open({ root, limits: { ...QUICK, ...limits }, packs: [COMMUNITY_CONTENT] });
}

const errorsOf = async (endpoint: Running, plugin: string) =>
  (await endpoint.ok('GET', `plugins/${plugin}`)).PluginErrors as string[];

/** How often a plugin of `provider` has been configured. */
const configured = ({ log }: Running, provider: string) =>
  log.filter(({ Service, Message }) => Service === provider && /^API: st: 200 .*\/config$/.test(Message))
    .length;

/** Waits until a plugin of `provider` runs that was started after `times` others. */
const runs = (endpoint: Running, provider: string, times = 0) =>
  until(() => configured(endpoint, provider) > times, `${provider} to run`);

/** The pid of a plugin of this endpoint, once it runs. Other tests of this process have plugins of the same name. */
async function pidOf(endpoint: Running, plugin: string): Promise<number> {
  let pid: number | undefined;
  await until(async () => {
    const { json } = await endpoint.call('GET', `plugins/${plugin}`, { base: '/ui/api/' });
    ({ Pid: pid } = json as PluginProcess);
    return pid !== undefined;
  }, `the process of ${plugin}`);
  return pid ?? 0;
}

describe('a plugin is killed', { concurrency: 2 }, () => {
  test('in define or unpack: the endpoint says so and goes on, and takes the provider when it is whole', async () => {
    await using folder = await scratch();
    const broken = 'if [ -e "$0.whole" ]; then exec "$real" "$@"; fi';
    await using endpoint = await endpointWith(folder.path, {
      incrementer: undefined,
      // The endpoint has read some of it when the rest does not come.
      slack: `${broken}; "$real" define | head -c 2000; kill -s KILL $$`,
      ipmi: `${broken}; [ "$1" = define ] && exec "$real" define; kill -s KILL $$`,
    });
    const providers = async () => (await endpoint.list('plugin_providers')).map(({ Name }) => Name);
    assert.deepEqual(await providers(), ['incrementer']);
    const told = endpoint.log.map(({ Message }) => Message).filter((text) => text.startsWith('Skipping'));
    assert.match(told.join('\n'), /Skipping ipmi: unpack was ended by SIGKILL/);
    assert.match(told.join('\n'), /Skipping slack: define was ended by SIGKILL/);
    await endpoint.ok('POST', 'plugins', { Name: 'counter', Provider: 'incrementer' });
    await runs(endpoint, 'incrementer');
    for (const name of ['ipmi', 'slack']) {
      await writeFile(join(folder.path, 'plugins', `${name}.whole`), '');
      // A new file, as a copy over it would be.
      await finished('/bin/sh', [
        '-c',
        'cp -p "$0" "$0.new" && mv "$0.new" "$0"',
        join(folder.path, 'plugins', name),
      ]);
    }
    await until(async () => (await providers()).length === 3, 'all providers');
    await runs(endpoint, 'ipmi');
  });

  test('at any moment before READY!: the next one starts on the same sockets', async () => {
    const began = performance.now();
    await using first = await ProviderProcess.start([binary('incrementer')]);
    const took = performance.now() - began;
    for (let index = 0; index < KILLS; index += 1) {
      const sockets = [join(first.folder, `k.toPlugin.${index}`), first.endpoint.path];
      const args = ['listen', ...sockets];
      await finished(binary('incrementer'), args, { killAfterMs: (took * index) / (KILLS - 1) });
      await using next = await ProviderProcess.start([binary('incrementer')], { args });
      assert.equal(next.stdout, 'READY!\n');
      assert.equal(next.stderr, '');
    }
  });

  test('before READY!, at the endpoint: the plugin object says so, and a later start finds nothing in its way', async () => {
    await using folder = await scratch();
    const script = '[ "$1" = listen ] && [ ! -e ../go ] && kill -s KILL $$; exec "$real" "$@"';
    await using endpoint = await endpointWith(folder.path, {
      incrementer: script.replace('../go', `${folder.path}/go`),
    });
    await endpoint.ok('POST', 'plugins', { Name: 'counter', Provider: 'incrementer' });
    await until(async () => (await errorsOf(endpoint, 'counter')).length > 0, 'the error');
    assert.match((await errorsOf(endpoint, 'counter')).join(), /was ended by SIGKILL before READY!/);
    await writeFile(join(folder.path, 'go'), '');
    await endpoint.ok('POST', 'plugins/counter/params/again', '1', 200);
    await runs(endpoint, 'incrementer');
    const answer = await endpoint.call('POST', 'system/actions/incrstatus?plugin=counter', { body: {} });
    assert.equal(answer.text, '"Running"');
  });

  test('during config: the plugin object says so, and it is configured once what held it up is back', async () => {
    await using folder = await scratch();
    await using mute = await silentServer();
    await using cloud = await MetalService.start();
    await using endpoint = await endpointWith(folder.path, { 'packet-ipmi': undefined });
    const Params = { 'packet/api-url': mute.url };
    await endpoint.ok('POST', 'plugins', { Name: 'metal', Provider: 'packet-ipmi', Params });
    await endpoint.secret('plugins/metal', 'packet/api-key', cloud.key);
    await until(() => mute.connections.size > 0, 'the question to the cloud');
    const pid = await pidOf(endpoint, 'metal');
    process.kill(pid, 'SIGKILL');
    // Before that it says which param it had to wait for.
    await until(
      async () =>
        /was ended by SIGKILL before config was answered/.test(String(await errorsOf(endpoint, 'metal'))),
      'the error',
    );
    await endpoint.ok('POST', 'plugins/metal/params/packet/api-url', JSON.stringify(cloud.url), 200);
    await until(async () => (await errorsOf(endpoint, 'metal')).length === 0, 'the plugin');
    assert.notEqual(await pidOf(endpoint, 'metal'), pid);
  });

  test('in an action: its caller gets an error, no ipmitool stays, and the BMC obeys the next one', async () => {
    await using folder = await scratch();
    const bmc = await startBmc({ address: '127.0.0.31' });
    try {
      await using endpoint = await endpointWith(folder.path, { ipmi: undefined });
      const machine = await endpoint.ok('POST', 'machines', {
        Name: 'victim',
        Params: {
          'ipmi/mode': 'ipmitool',
          'ipmi/transport': 'ipmitool',
          'ipmi/address': bmc.address,
          'ipmi/port-ipmitool': bmc.port,
          'ipmi/username': bmc.username,
          'ipmi/cipher-suite': 3,
          'detected-bios-mode': 'uefi',
        },
      });
      await endpoint.secret(`machines/${machine.Uuid}`, 'ipmi/password', bmc.password);
      const call = (command: string) =>
        endpoint.call('POST', `machines/${machine.Uuid}/actions/${command}?plugin=ipmi`, { body: {} });
      const tools = () => running(`ipmitool -H ${bmc.address} `);
      let deaths = 0;
      let pid = 0;
      /** Kills the plugin in an action. Returns false when that was over by then, as it can be on a slow machine. */
      const killed = async () => {
        await runs(endpoint, 'ipmi', deaths);
        pid = await pidOf(endpoint, 'ipmi');
        if ((await bmc.power()) === 'on')
          await until(async () => (await call('poweroff')).status === 200, 'off');
        await bmc.setDelay(3);
        let isOver = false;
        const answer = call('poweron').finally(() => {
          isOver = true;
        });
        await until(async () => isOver || (await tools()).length > 0, 'ipmitool');
        process.kill(pid, 'SIGKILL');
        deaths += 1;
        const { status, json } = await answer;
        if (status === 200) {
          await bmc.setDelay(0);
          return false;
        }
        assert.equal(status, 502);
        assert.match(JSON.stringify(json), /was ended by SIGKILL before action was answered/);
        return true;
      };
      await until(killed, 'an action that is under way');
      await until(async () => (await tools()).length === 0, 'the end of ipmitool');
      await bmc.setDelay(0);
      // Whichever it is, since the order may have reached the BMC, which answers this after that.
      const isAsOrdered = async () =>
        (await bmc.power()) === ((await bmc.changes()).at(-1) === 'power 1' ? 'on' : 'off');
      // Between the two looks the order may arrive.
      await until(isAsOrdered, 'the power that was ordered');
      await runs(endpoint, 'ipmi', deaths);
      // The BMC may still be at work on the order of before, and answers others when it is done.
      await until(async () => (await call('powerstatus')).status === 200, 'an answer of the BMC');
      const again = await call('poweron');
      assert.equal(again.status, 200, again.text);
      assert.equal(await bmc.power(), 'on');
      assert.ok(!lives(pid));
    } finally {
      await bmc.close();
    }
  });

  test('over an event: who made the event does not notice, and the next event reaches the next process', async () => {
    await using folder = await scratch();
    await installProvider(folder.path, 'slow-listener', join(import.meta.dirname, 'slow-listener.ts'));
    await using endpoint = await endpointWith(folder.path, {});
    const took = (text: string) => endpoint.log.some(({ Message }) => Message === `took ${text}`);
    const event = (Action: string, Key: string) =>
      endpoint.call('POST', 'events', {
        body: { Time: new Date().toISOString(), Type: 'fault', Action, Key },
      });
    await runs(endpoint, 'slow-listener');
    assert.ok((await event('hold', 'a')).status < 300);
    await until(() => took('hold a'), 'the event at the plugin');
    process.kill(await pidOf(endpoint, 'slow-listener'), 'SIGKILL');
    await until(
      () => endpoint.log.some(({ Message }) => /fault\.hold\.a: .*ended by SIGKILL/.test(Message)),
      'the endpoint to say what became of it',
    );
    await runs(endpoint, 'slow-listener', 1);
    assert.ok((await event('pass', 'b')).status < 300);
    await until(() => took('pass b'), 'the next event');
  });

  test('while it stops, with a tool that will not end: nothing of it is left, and it can be made again', async () => {
    await using folder = await scratch();
    await using tool = await fakeIpmitool(
      "trap 'echo told >> notes' TERM; echo $$ >> notes; while :; do sleep 0.05; done",
    );
    const script = `PATH='${tool.path}'; export PATH; exec "$real" "$@"`;
    await using endpoint = await endpointWith(folder.path, { ipmi: script }, { drain: 20, stop: 20_000 });
    const machine = await endpoint.ok('POST', 'machines', {
      Name: 'victim',
      Params: {
        'ipmi/mode': 'ipmitool',
        'ipmi/transport': 'ipmitool',
        'ipmi/address': '10.0.0.1',
        'ipmi/username': 'admin',
      },
    });
    await endpoint.secret(`machines/${machine.Uuid}`, 'ipmi/password', 'x');
    await runs(endpoint, 'ipmi');
    const answer = endpoint.call('POST', `machines/${machine.Uuid}/actions/powerstatus?plugin=ipmi`, {
      body: {},
    });
    await until(async () => (await tool.notes()).length > 0, 'the tool');
    const [hanging = ''] = await tool.notes();
    const pid = await pidOf(endpoint, 'ipmi');
    const deleted = endpoint.ok('DELETE', 'plugins/ipmi');
    await until(async () => (await tool.notes()).includes('told'), 'the plugin to stop');
    process.kill(pid, 'SIGKILL');
    assert.ok((await answer).status >= 500);
    await deleted;
    await until(() => !lives(Number(hanging)), 'the end of the tool');
    await until(() => !lives(pid), 'the end of the plugin');
    await endpoint.ok('POST', 'plugins', { Name: 'ipmi', Provider: 'ipmi' });
    await runs(endpoint, 'ipmi', 1);
    assert.notEqual(await pidOf(endpoint, 'ipmi'), pid);
  });
});

test('a plugin that was killed and started again leaves one pair of sockets at the endpoint', async () => {
  await using folder = await scratch();
  await using endpoint = await endpointWith(folder.path, { incrementer: undefined });
  await endpoint.ok('POST', 'plugins', { Name: 'counter', Provider: 'incrementer' });
  await runs(endpoint, 'incrementer');
  const pid = await pidOf(endpoint, 'counter');
  const its = (await running('incrementer listen ')).find((each) => each.pid === pid);
  const [, toPlugin = ''] = /listen (\S+)/.exec(its?.command ?? '') ?? [];
  assert.ok(existsSync(toPlugin));
  process.kill(pid, 'SIGKILL');
  await until(() => !existsSync(toPlugin), 'its socket to be removed');
  await runs(endpoint, 'incrementer', 1);
  assert.equal((await readdir(join(toPlugin, '..'))).length, 2);
});
