import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { PluginClient, PluginRegistry } from '../../lib/docker/index.ts';
import { binary } from '../support/binary.ts';
import { until } from '../support/until.ts';
import { missingLoopFiles } from '../volumes/root-folder.ts';
import { Dockerd, missingDockerd } from './dockerd.ts';

const ALL_DRIVERS = join(import.meta.dirname, 'all-drivers.ts');
const isServed = async (path: string) => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(path, () => resolve(true)).on('error', () => resolve(false));
  return promise.finally(() => probe.destroy());
};
/** Runs a container without a log of its own. */
const RUN = ['run', '--network', 'none', '--log-driver', 'none'];

test('plugins under a real dockerd', { skip: await missingDockerd() }, async (t) => {
  await using dockerd = await Dockerd.prepare();
  const { folder, docker, json } = {
    folder: dockerd.folder,
    docker: dockerd.docker.bind(dockerd),
    json: dockerd.json.bind(dockerd),
  };
  const size = (await missingLoopFiles()) === undefined ? ['--opt', 'size=8M'] : [];
  const socket = (name: string) => join(dockerd.plugins, `${name}.sock`);
  const serve = async (name: string, start: () => ChildProcess) => {
    const child = start();
    child.stdout?.resume();
    child.stderr?.resume();
    await until(() => isServed(socket(name)), `the plugin ${name}`);
    return child;
  };
  const startVolumes = () =>
    serve('ours', () =>
      dockerd.spawn(binary('volumes'), ['--root', join(folder, 'volumes'), '--name', 'ours']),
    );
  const startAll = () => serve('all', () => dockerd.spawn(process.execPath, [ALL_DRIVERS, folder]));
  const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
  const mounts = async (name: string) => {
    const [{ Status }] = (await json('volume', 'inspect', name)) as [{ Status: { mounts: number } }];
    return Status.mounts;
  };

  await Promise.all([startVolumes(), startAll()]);
  const options = ['--authorization-plugin=all'];
  await dockerd.restart(options);
  await dockerd.importBox();

  await t.test('volumes: create, inspect, ls, and what does not work', async () => {
    assert.equal(await docker('volume', 'create', '-d', 'ours', ...size, 'v1'), 'v1');
    await docker('volume', 'create', '-d', 'ours', 'v2');
    const [inspected] = (await json('volume', 'inspect', 'v1')) as [Record<string, unknown>];
    assert.equal(inspected.Driver, 'ours');
    assert.equal(inspected.Scope, 'local');
    if (size.length > 0)
      assert.deepEqual(inspected.Status, { limit: 'loop file', mounts: 0, size: 8 * 1024 ** 2 });
    assert.equal(await docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}'), 'ours v1\nours v2');
    await assert.rejects(docker('volume', 'create', '-d', 'ours', '--opt', 'siez=1G', 'v3'), {
      message: /VolumeDriver\.Create: option "siez": there is no such option/,
    });
  });

  await t.test('volumes: a container writes, and another one reads', async () => {
    const writes = 'echo text > /data/file; dd if=/dev/zero of=/data/large bs=1M count=12 2>&1; true';
    const said = await docker(...RUN, '--rm', '-v', 'v1:/data', 'box', 'sh', '-c', writes);
    if (size.length > 0) assert.match(said, /No space left on device/);
    assert.equal(await docker(...RUN, '--rm', '-v', 'v1:/data', 'box', 'cat', '/data/file'), 'text');
    assert.equal(await mounts('v1'), 0);
  });

  await t.test('volumes: one that somebody else has mounted is not removed', async () => {
    const driver = new PluginClient({ name: 'ours', address: `unix://${socket('ours')}` });
    await driver.call('VolumeDriver.Mount', { Name: 'v2', ID: 'somebody' });
    await assert.rejects(docker('volume', 'rm', 'v2'), {
      message: /VolumeDriver\.Remove: it is mounted by somebody/,
    });
    await driver.call('VolumeDriver.Unmount', { Name: 'v2', ID: 'somebody' });
  });

  await t.test('networks and addresses: a container joins', async () => {
    const create = ['network', 'create', '-d', 'all', '--ipam-driver', 'all'];
    await docker(...create, '--opt', 'color=red', 'net1');
    const [network] = (await json('network', 'inspect', 'net1')) as [{ IPAM: { Config: unknown } }];
    assert.deepEqual(network.IPAM.Config, [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.1' }]);
    const run = ['run', '--rm', '--network', 'net1', '--log-driver', 'none', 'box'];
    await docker(...run, 'echo', 'joined');
    await assert.rejects(docker(...create, '--opt', 'refuse=1', 'net2'), {
      message: /no network of this kind/,
    });
    await assert.rejects(docker(...create, '--subnet', '10.99.0.0/16', 'net3'), {
      message: /the pool 10\.99\.0\.0\/16 is taken/,
    });
    await docker('network', 'rm', 'net1');
    const seen = await calls();
    for (const call of [
      'requestPool {"AddressSpace":"here","Pool":""}',
      'createNetwork {"options":{"color":"red"},"pools":[["10.77.0.0/24","10.77.0.1/24"]]}',
      'createEndpoint {"Address":"10.77.0.2/24","AddressIPv6":"","MacAddress":""}',
      'join {"sandbox":true}',
      'leave {}',
      'deleteEndpoint {}',
      'releaseAddress {"Address":"10.77.0.2"}',
      'deleteNetwork {}',
      'releasePool {"PoolID":"pool-1"}',
    ])
      assert.ok(seen.includes(call), `${call} in\n${seen.join('\n')}`);
  });

  await t.test('authorization: what the plugin refuses is refused in its words', async () => {
    await assert.rejects(docker('volume', 'create', 'forbidden'), {
      message: /authorization denied by plugin all: volumes are not called so here/,
    });
    assert.ok((await calls()).includes('authorization {"RequestMethod":"POST"}'));
  });

  await t.test('logs: the driver gets each line, and docker logs has them from it', async () => {
    const log = ['--log-driver', 'all', '--log-opt', 'color=blue', '--name', 'talker'];
    await docker('run', '--network', 'none', ...log, 'box', 'sh', '-c', 'echo out; echo err >&2; echo more');
    await until(async () => (await calls()).includes('log ends {}'), 'the end of the log');
    assert.ok((await calls()).includes('log {"name":"/talker","options":{"color":"blue"}}'));
    assert.equal(await docker('logs', 'talker'), 'out\nmore');
    await docker('rm', 'talker');
  });

  await t.test('the driver is killed while a container runs, and started anew', async () => {
    await docker(
      ...RUN,
      '-d',
      '--name',
      'long',
      '--stop-signal',
      'SIGKILL',
      '-v',
      'v1:/data',
      '-v',
      'v2:/other',
      'box',
      'sleep',
      '1000',
    );
    assert.equal(await mounts('v1'), 1);
    await dockerd.inside('busybox', ['killall', '-9', 'volumes']);
    await until(async () => !(await isServed(socket('ours'))), 'the driver to end');
    await startVolumes();
    assert.equal(await mounts('v1'), 1);
    await docker('cp', 'long:/data/file', join(folder, 'copied'));
    assert.equal(await readFile(join(folder, 'copied'), 'utf8'), 'text\n');
    assert.equal(await docker('exec', 'long', 'cat', '/data/file'), 'text');
    await assert.rejects(docker('volume', 'rm', 'v1'), { message: /volume is in use/ });
  });

  await t.test('dockerd is killed while a container runs, and started anew', async () => {
    await dockerd.restart(options);
    assert.equal(await docker('volume', 'ls', '-q'), 'v1\nv2');
    // It mounts for the container again, with the same ID.
    await docker('start', 'long');
    assert.equal(await mounts('v1'), 1);
    await docker('rm', '-f', 'long');
    assert.equal(await mounts('v1'), 0);
    assert.equal(await docker('volume', 'rm', 'v1', 'v2'), 'v1\nv2');
    const left = (await readdir(join(folder, 'volumes'))).filter((name) => !name.startsWith('.'));
    assert.deepEqual(left, []);
  });

  await t.test('its plugins are found by the registry', async () => {
    const registry = new PluginRegistry({ socketFolder: dockerd.plugins, specFolders: [] });
    assert.deepEqual(await registry.scan(), ['all', 'ours']);
    const { implements: subsystems } = await registry.get('all', 'LogDriver');
    assert.deepEqual(subsystems, ['NetworkDriver', 'IpamDriver', 'authz', 'LogDriver']);
  });
});
