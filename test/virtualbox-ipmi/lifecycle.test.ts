import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { Control } from '../../cmd/virtualbox-ipmi/control.ts';
import { VBoxManage } from '../../cmd/virtualbox-ipmi/vboxmanage.ts';
import { Client, type Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';
import { until } from '../support/until.ts';
import { never } from './managed-box.ts';

let endpoint: Running;
let api: Client;
before(async () => {
  endpoint = await Running.open();
  const { url, token } = endpoint.endpoint;
  api = new Client({ endpoint: url, token, ca: join(endpoint.root, 'server.crt') });
  // Endpoints filter by params that they know, and these come with the plugin's content.
  for (const name of ['virtualbox/id', 'virtualbox/name'])
    await api.objects('params').create({ Name: name, Schema: { type: 'string' } });
});
after(async () => {
  api.close();
  await endpoint[Symbol.asyncDispose]();
});

/** One run of the plugin. */
interface Run {
  control: Control;
  log: string[];
  /** What happens when the endpoint starts the plugin. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

let plugins = 0;

/** A plugin with a name and a VirtualBox of its own, whose machines are all removed at the end. */
class Stage implements AsyncDisposable {
  readonly box: VirtualBox;
  readonly plugin: string;
  readonly #runs: Run[] = [];

  private constructor(box: VirtualBox) {
    plugins += 1;
    this.box = box;
    this.plugin = `vbox${plugins}`;
  }

  static async open(): Promise<Stage> {
    return new Stage(await VirtualBox.open());
  }

  async run(options: { takeOverLimitMs?: number } = {}): Promise<Run> {
    const { box, plugin } = this;
    const fast = { child: box.child, pauseMs: 2, spacingMs: [0, 0] as const, lockLimitMs: 2_000 };
    const vbox = await VBoxManage.find(box.user, { env: box.env, ...fast });
    const log: string[] = [];
    const stopping = new AbortController();
    const settings = { plugin, user: box.user, folder: undefined };
    const parts = {
      settings,
      vbox,
      api,
      endpoint: 'e1',
      signal: stopping.signal,
      retryPauseMs: 1,
      ...options,
    };
    const control = new Control({ ...parts, log: logger(log) });
    const run: Run = {
      control,
      log,
      start: async () => {
        await control.takeOver(await vbox.list(never));
        await control.catchUp(never);
      },
      stop: () => control.stop(new ModelError(503, 'The plugin stops')),
    };
    this.#runs.push(run);
    return run;
  }

  machine(name: string, params: Record<string, unknown> = {}): Promise<Machine> {
    const Params = { 'machine-plugin': this.plugin, ...params };
    return api.objects('machines').create({ Name: `${this.plugin}-${name}`, Params });
  }

  vm(name: string) {
    return this.box.vm(`${this.plugin}-${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { stop } of this.#runs) await stop();
    for (const { Uuid, Name } of await api.objects('machines').list()) {
      if (Name.startsWith(this.plugin)) await api.objects('machines').remove(Uuid);
    }
    await this.box[Symbol.asyncDispose]();
  }
}

function logger(log: string[]): Logger {
  const note = (message: string) => {
    log.push(message);
  };
  return { info: note, warn: note, error: note } as unknown as Logger;
}

const fresh = (uuid: string) => api.objects('machines').get(uuid);

/** A VM with all that it should have, and the machine that it is. */
async function checkMade(stage: Stage, name: string, uuid: string): Promise<void> {
  const vm = stage.vm(name);
  assert.ok(vm);
  assert.equal(vm.state, 'running');
  assert.deepEqual(vm.boots, [['net', 'disk', 'none', 'none']]);
  assert.deepEqual(
    vm.controllers.map((controller) => controller.name),
    ['SATA Controller'],
  );
  const disk = join(dirname(vm.settingsFile), `${vm.name}.vdi`);
  assert.deepEqual(vm.media, { 'SATA Controller-0-0': disk });
  assert.deepEqual(vm.extraData, {});
  const { nic1, hostonlyadapter1, nic2, nictype1, cpus, memory } = vm.settings;
  assert.deepEqual(
    { nic1, hostonlyadapter1, nic2, nictype1, cpus, memory },
    {
      nic1: 'hostonly',
      hostonlyadapter1: 'vboxnet0',
      nic2: 'nat',
      nictype1: '82545EM',
      cpus: '2',
      memory: '2048',
    },
  );
  const machine = await fresh(uuid);
  assert.equal(machine.Params?.['virtualbox/id'], vm.id.toUpperCase());
  assert.equal(machine.Params?.['virtualbox/name'], vm.name);
  const macs = vm.macs.slice(0, 2).map((mac) => mac.toLowerCase().replace(/..(?=.)/g, '$&:'));
  assert.deepEqual(machine.HardwareAddrs, macs);
  stage.box.world(({ vms, media, interfaces }) => {
    assert.equal(vms.length, 1);
    assert.equal(Object.keys(media).length, 1);
    assert.deepEqual(interfaces, ['vboxnet0']);
  });
}

test('a machine becomes a VM with its UUID, which runs and is written to it', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  const { Uuid } = await stage.machine('a');
  await Promise.all([control.create(Uuid), control.create(Uuid)]);
  await checkMade(stage, 'a', Uuid);
  assert.equal(stage.vm('a')?.id, Uuid);
  await control.create(Uuid);
  await checkMade(stage, 'a', Uuid);
});

test('sizes come from params, and so does the UUID', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  const id = '11111111-2222-4333-8444-555555555555';
  const { Uuid } = await stage.machine('a', {
    'virtualbox/id': id,
    'virtualbox/cpus': 3,
    'virtualbox/mem-size-mb': 512,
    'virtualbox/vram-size-mb': 16,
    'virtualbox/disk-size-mb': 4096,
  });
  await control.create(Uuid);
  const vm = stage.vm('a');
  assert.equal(vm?.id, id);
  assert.deepEqual([vm?.settings.cpus, vm?.settings.memory, vm?.settings.vram], ['3', '512', '16']);
  assert.equal(
    stage.box.world(({ media }) => Object.values(media)[0]?.sizeMb),
    4096,
  );
});

const POINTS = [
  'list-before',
  'hostonlyif-before',
  'hostonlyif-after',
  'createvm-before',
  'createvm-between',
  'createvm-after',
  'setextradata-before',
  'setextradata-after',
  'storagectl-before',
  'storagectl-after',
  'createmedium-before',
  'createmedium-after',
  'storageattach-before',
  'storageattach-after',
  'modifyvm-before',
  'modifyvm-after',
  'startvm-before',
  'startvm-after',
];

const NAMED = { 'virtualbox/id': '11111111-2222-4333-8444-777777777777' };

const CUTS: { point: string; params?: Record<string, unknown> }[] = [
  ...POINTS.map((point) => ({ point })),
  ...['createvm-between', 'createvm-after', 'storagectl-before', 'startvm-after'].map((point) => ({
    point,
    params: NAMED,
  })),
];

for (const { point, params } of CUTS) {
  const whose = params === undefined ? '' : ' of a VM whose UUID the machine says';
  test(`a creation${whose} that is cut off at ${point} is finished by the next run, and nothing is made twice`, async () => {
    await using stage = await Stage.open();
    const first = await stage.run();
    const { Uuid } = await stage.machine('a', params);
    await stage.box.hold(point);
    const cut = assert.rejects(first.control.create(Uuid), { code: 503 });
    await stage.box.held(point);
    await first.stop();
    await cut;
    await stage.box.release(point);
    const second = await stage.run();
    await second.start();
    await second.control.create(Uuid);
    await checkMade(stage, 'a', Uuid);
    assert.deepEqual(
      second.log.filter((line) => !line.includes('is made and started')),
      [],
    );
    const names = (await api.objects('machines').list()).map(({ Name }) => Name);
    assert.equal(names.filter((name) => name.startsWith(stage.plugin)).length, 1);
  });
}

test('a createvm that outlives the plugin which began it, and ends at any time, is no trouble', async () => {
  for (const last of ['createvm-between', 'registervm-before']) {
    await using stage = await Stage.open();
    const { box } = stage;
    const { control } = await stage.run();
    const { Uuid, Name } = await stage.machine('a');
    await box.hold('createvm-between');
    const outliving = box.run('createvm', '--name', Name, '--uuid', Uuid, '--register').catch(String);
    await box.held('createvm-between');
    await box.hold('registervm-before');
    const creating = control.create(Uuid);
    await box.held('registervm-before');
    for (const point of ['createvm-between', 'registervm-before'])
      if (point !== last) await box.release(point);
    await (last === 'createvm-between' ? creating : outliving);
    await box.release(last);
    await Promise.all([creating, outliving]);
    await checkMade(stage, 'a', Uuid);
  }
});

test('a VM in the making whose machine is deleted meanwhile is thrown away by the next run', async () => {
  for (const params of [{}, { 'virtualbox/id': '11111111-2222-4333-8444-666666666666' }]) {
    await using stage = await Stage.open();
    const first = await stage.run();
    const { Uuid } = await stage.machine('a', params);
    await stage.box.hold('createmedium-after');
    const cut = assert.rejects(first.control.create(Uuid));
    await stage.box.held('createmedium-after');
    await first.stop();
    await cut;
    await api.objects('machines').remove(Uuid);
    const second = await stage.run();
    await second.start();
    await until(() => stage.vm('a') === undefined, 'the VM to be gone');
    assert.deepEqual(second.log, []);
  }
});

test('a machine that is deleted takes its VM with it, also in the middle of its making', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  const first = await stage.machine('a');
  await control.create(first.Uuid);
  const settingsFile = String(stage.vm('a')?.settingsFile);
  const removed = await api.objects('machines').remove(first.Uuid);
  control.deleteLater(first.Uuid, removed);
  await until(() => stage.vm('a') === undefined, 'the VM to be gone');
  assert.equal(existsSync(dirname(settingsFile)), false);

  const second = await stage.machine('b');
  await stage.box.hold('createmedium-after');
  const cut = assert.rejects(control.create(second.Uuid), /is deleted/);
  await stage.box.held('createmedium-after');
  control.deleteLater(second.Uuid, await api.objects('machines').remove(second.Uuid));
  await cut;
  await until(() => stage.vm('b') === undefined, 'the VM to be gone');
});

test('a deletion that is cut off is finished by the next run, which makes no machine of the VM', async () => {
  await using stage = await Stage.open();
  const first = await stage.run();
  const { Uuid } = await stage.machine('a');
  await first.control.create(Uuid);
  await stage.box.hold('unregistervm-before');
  first.control.deleteLater(Uuid, await api.objects('machines').remove(Uuid));
  await stage.box.held('unregistervm-before');
  await first.stop();
  await stage.box.release('unregistervm-before');
  assert.equal(stage.vm('a')?.state, 'poweroff');
  const second = await stage.run();
  await second.start();
  await until(() => stage.vm('a') === undefined, 'the VM to be gone');
  const names = (await api.objects('machines').list()).map(({ Name }) => Name);
  assert.equal(names.includes(`${stage.plugin}-a`), false);
});

test('a deletion that has not begun when the plugin stops is noted on the VM, and done by the next run', async () => {
  await using stage = await Stage.open();
  const { box } = stage;
  const first = await stage.run();
  const { Uuid } = await stage.machine('a');
  await first.control.create(Uuid);
  await box.hold('showvminfo-before');
  first.control.deleteLater(Uuid, await api.objects('machines').remove(Uuid));
  await box.held('showvminfo-before');
  const stopped = first.stop();
  await box.release('showvminfo-before');
  await stopped;
  assert.deepEqual(stage.vm('a')?.extraData, { 'DigitalRebar/Work': `deleting:${Uuid}:e1/${stage.plugin}` });
  assert.equal(stage.vm('a')?.state, 'running');
  await (await stage.run()).start();
  await until(() => stage.vm('a') === undefined, 'the VM to be gone');
});

test('a VM that is about to be destroyed is not imported', async () => {
  await using stage = await Stage.open();
  const { box } = stage;
  const { control, start } = await stage.run();
  const { Uuid, Name } = await stage.machine('a');
  await control.create(Uuid);
  await box.hold('unregistervm-before');
  control.deleteLater(Uuid, await api.objects('machines').remove(Uuid));
  const started = start();
  await box.held('unregistervm-before');
  await box.release('unregistervm-before');
  await started;
  assert.equal(stage.vm('a'), undefined);
  assert.equal(await api.objects('machines').exists(`Name:${Name}`), false);
});

test('VMs that no machine has become machines, and are left alone', async () => {
  await using stage = await Stage.open();
  const { box, plugin } = stage;
  const name = `${plugin}-old`;
  await box.run('createvm', '--name', name, '--register');
  await box.run('modifyvm', name, '--nic2', 'nat', '--description', 'line\nVMState="gone"');
  await box.run('startvm', name);
  const run = await stage.run();
  await run.start();
  const [vm] = box.world(({ vms }) => vms);
  const machine = await api.objects('machines').get(`Name:${name}`);
  assert.deepEqual(machine.Params, {
    'virtualbox/id': vm?.id.toUpperCase(),
    'virtualbox/name': name,
    'machine-plugin': plugin,
  });
  assert.equal(machine.HardwareAddrs.length, 2);
  assert.match(String(machine.HardwareAddrs[0]), /^08:00:27(:[0-9a-f]{2}){3}$/);
  // The event of its own machine.
  await run.control.create(machine.Uuid);
  await (await stage.run()).start();
  assert.equal(stage.vm('old')?.boots.length, 1);
  assert.deepEqual(stage.vm('old')?.controllers, []);
  assert.equal((await box.calls('modifyvm')).length, 1);
  await api.objects('machines').remove(machine.Uuid);
});

test('so many VMs that it takes long become machines in the background, until the plugin stops', async () => {
  await using stage = await Stage.open();
  await stage.box.run('createvm', '--name', `${stage.plugin}-old`, '--register');
  await stage.box.hold('getextradata-before');
  const first = await stage.run({ takeOverLimitMs: 5 });
  await first.start();
  assert.match(first.log.join(), /Looking at 1 VMs takes long/);
  await first.stop();
  const second = await stage.run({ takeOverLimitMs: 5 });
  await second.start();
  await stage.box.release('getextradata-before');
  const exists = () => api.objects('machines').exists(`Name:${stage.plugin}-old`);
  await until(exists, 'the machine');
  assert.equal(first.log.length, 1);
});

test('a VM that cannot become a machine is named in the log, and the others become machines', async () => {
  await using stage = await Stage.open();
  await stage.box.run('createvm', '--name', 'a (bad) name', '--register');
  await stage.box.run('createvm', '--name', `${stage.plugin}-good`, '--register');
  const { start, log } = await stage.run();
  await start();
  assert.equal(log.length, 2);
  assert.match(log.join('\n'), /VM a \(bad\) name \([0-9A-F-]{36}\) is not imported: .*Invalid Name/);
  assert.ok(await api.objects('machines').exists(`Name:${stage.plugin}-good`));
});

test('a machine that names a VM which is there gets it as it is, unless another machine has it', async () => {
  await using stage = await Stage.open();
  const { box } = stage;
  const { control, log } = await stage.run();
  await box.run('createvm', '--name', 'theirs', '--register');
  await box.run('storagectl', 'theirs', '--name', 'IDE', '--add', 'ide');
  const id = String(box.vm('theirs')?.id);
  const { Uuid } = await stage.machine('a', { 'virtualbox/id': id });
  await control.create(Uuid);
  const machine = await fresh(Uuid);
  assert.equal(machine.Params?.['virtualbox/name'], 'theirs');
  assert.equal(box.vm('theirs')?.state, 'poweroff');
  const other = await stage.machine('b', { 'virtualbox/id': id.toUpperCase() });
  await assert.rejects(control.create(other.Uuid), {
    code: 409,
    message: /VM .* is that of machine vbox\d+-a/,
  });
  // Its removal does not take the VM of the first with it.
  control.deleteLater(other.Uuid, await api.objects('machines').remove(other.Uuid));
  await until(() => log.some((line) => line.includes('stays')), 'a word about it');
  assert.ok(box.vm('theirs'));
});

test('a machine that never came to have the VM that it names does not take it along', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  await stage.box.run('createvm', '--name', 'theirs', '--register');
  const id = String(stage.box.vm('theirs')?.id);
  control.deleteLater('99999999-2222-4333-8444-555555555555', { Params: { 'virtualbox/id': id } });
  await until(async () => (await stage.box.calls('getextradata')).length > 0, 'a look at the VM');
  await control.stop(new ModelError(503, 'stop'));
  assert.ok(stage.box.vm('theirs'));
});

test('a VM that cannot be made leaves nothing behind, and the log says why', async () => {
  await using stage = await Stage.open();
  const { control, log } = await stage.run();
  await stage.box.behave({ noHostOnly: true });
  const { Uuid } = await stage.machine('a');
  await assert.rejects(control.create(Uuid), { code: 409, message: /load the kernel module vboxnetadp/ });
  await stage.box.behave({});
  const bad = await stage.machine('b', { 'virtualbox/cpus': 'many' });
  await assert.rejects(control.create(bad.Uuid), {
    code: 400,
    message: /virtualbox\/cpus: expected a whole number/,
  });
  assert.deepEqual(
    stage.box.world(({ vms, media }) => [vms.length, Object.keys(media).length]),
    [0, 0],
  );
  assert.equal(log.length, 2);
  // The reason is mended.
  await control.catchUp(never);
  await until(() => stage.vm('a')?.state === 'running', 'the VM');
});

test('a VM that cannot be started stays, with its machine, and can be started later', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  await stage.box.behave({ noStart: true });
  const { Uuid } = await stage.machine('a');
  await assert.rejects(control.create(Uuid), { code: 409, message: /VT-x is disabled/ });
  const vm = stage.vm('a');
  assert.equal(vm?.state, 'poweroff');
  assert.deepEqual(vm?.extraData, {});
  assert.equal((await fresh(Uuid)).Params?.['virtualbox/name'], vm?.name);
});

test('another VM of the same name, or its settings file, is not touched', async () => {
  await using stage = await Stage.open();
  const { box } = stage;
  const { control } = await stage.run();
  const machine = await stage.machine('a');
  await box.run('createvm', '--name', machine.Name, '--register');
  const theirs = box.vm(machine.Name);
  await assert.rejects(control.create(machine.Uuid), {
    code: 409,
    message: /VirtualBox has another VM called .*: choose another name/,
  });
  assert.deepEqual(box.vm(machine.Name), theirs);

  // One that is not registered, as `createvm` without --register leaves it.
  await box.run('unregistervm', machine.Name);
  await assert.rejects(control.create(machine.Uuid), {
    code: 409,
    message: /\.vbox is that of another VM: remove it, or choose another name/,
  });
  assert.equal(existsSync(String(theirs?.settingsFile)), true);
  assert.equal(box.vm(machine.Name), undefined);
});

test('a disk file that is in the way is an error, unless it is one that can be attached', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  const { Uuid, Name } = await stage.machine('a');
  const folder = join(stage.box.folder, 'VirtualBox VMs', Name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${Name}.vdi`), 'left over');
  await control.create(Uuid);
  await checkMade(stage, 'a', Uuid);
});

test('destroying a VM deletes its machine; when the endpoint keeps the machine, the VM stays', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  const { Uuid } = await stage.machine('a');
  await control.create(Uuid);
  const id = await control.idOf({ 'virtualbox/name': stage.vm('a')?.name }, never);
  const lock = (value: boolean) =>
    api.objects('machines').patch(Uuid, [{ op: 'replace', path: '/Locked', value }]);
  await lock(true);
  await assert.rejects(control.destroy(id, never));
  assert.deepEqual([stage.vm('a')?.state, stage.vm('a')?.extraData], ['running', {}]);
  await lock(false);
  await control.destroy(id, never);
  assert.equal(stage.vm('a'), undefined);
  assert.equal(await api.objects('machines').exists(Uuid), false);
  await assert.rejects(control.destroy(id, never), { code: 404 });
});

test('a VM that is gone can still be destroyed by its name, for its machine', async () => {
  await using stage = await Stage.open();
  const { control } = await stage.run();
  const { Uuid, Name } = await stage.machine('a');
  await control.create(Uuid);
  await stage.box.run('controlvm', Name, 'poweroff');
  stage.box.world(({ vms }) => vms.splice(0));
  const id = await control.idOf({ 'virtualbox/name': Name }, never);
  await control.destroy(id, never);
  assert.equal(await api.objects('machines').exists(Uuid), false);
  await assert.rejects(control.idOf({ 'virtualbox/name': Name }, never), { code: 404 });
  await assert.rejects(control.idOf({}, never), { code: 400, message: /Missing virtualbox id or name/ });
  await assert.rejects(control.idOf({ 'virtualbox/name': '--help' }, never), { code: 400 });
});

test('what fails for a passing reason is tried again', async () => {
  await using stage = await Stage.open();
  const run = await stage.run();
  const { Uuid } = await stage.machine('a');
  let failures = 0;
  const slow = stage.box.child;
  // The first two tries of createmedium take too long.
  const vbox = await VBoxManage.find(stage.box.user, {
    env: stage.box.env,
    pauseMs: 2,
    spacingMs: [0, 0],
    child: async (file, args, options) => {
      if (args[0] !== 'createmedium' || failures === 2) return slow(file, args, options);
      failures += 1;
      return { how: 'time limit', code: null, stdout: '', stderr: '' };
    },
  });
  const settings = { plugin: stage.plugin, user: stage.box.user, folder: undefined };
  const parts = { settings, vbox, api, endpoint: 'e1', signal: never, retryPauseMs: 1 };
  const control = new Control({ ...parts, log: logger(run.log) });
  await control.create(Uuid);
  await checkMade(stage, 'a', Uuid);
  assert.equal(run.log.filter((line) => line.includes('Trying again')).length, 2);
});
