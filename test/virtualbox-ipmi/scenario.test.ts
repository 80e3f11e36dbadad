import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMUNITY_CONTENT } from '../../cmd/drpkit/demo/community-content.ts';
import { Client, type Machine } from '../../lib/api/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { binary } from '../support/binary.ts';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';
import { lives } from '../support/lives.ts';
import { until } from '../support/until.ts';

/** The development endpoint with the executable, which has a VirtualBox on its PATH, and a client. */
class Scene implements AsyncDisposable {
  readonly box: VirtualBox;
  readonly running: Running;
  readonly api: Client;
  readonly #path: string | undefined;

  private constructor(box: VirtualBox, running: Running, path: string | undefined) {
    this.box = box;
    this.running = running;
    this.#path = path;
    const { url, token } = running.endpoint;
    this.api = new Client({ endpoint: url, token, ca: join(running.root, 'server.crt') });
  }

  static async open(box?: VirtualBox): Promise<Scene> {
    const used = box ?? (await VirtualBox.open());
    const { PATH } = process.env;
    // Plugins get the endpoint's environment.
    Object.assign(process.env, used.env);
    const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
    await mkdir(join(root, 'plugins'));
    await symlink(binary('virtualbox-ipmi'), join(root, 'plugins', 'virtualbox-ipmi'));
    const running = await Running.open({
      root,
      limits: { restartFirst: 20 },
      packs: [COMMUNITY_CONTENT],
    });
    return new Scene(used, running, PATH);
  }

  /** Makes the plugin object, and waits until the plugin is configured. */
  async plugin(params: Record<string, unknown> = {}): Promise<void> {
    const Params = { 'virtualbox/user': this.box.user, ...params };
    await this.api.objects('plugins').create({ Name: 'vbox', Provider: 'virtualbox-ipmi', Params });
    await this.configured();
  }

  /** Waits until the plugin offers its actions. */
  async configured(): Promise<void> {
    await until(async () => {
      const actions = await this.api.actions('plugins', 'vbox').list();
      return actions.some(({ Command }) => Command === 'createVm');
    }, 'the plugin to be configured');
  }

  machine(name: string, params: Record<string, unknown> = {}): Promise<Machine> {
    return this.api
      .objects('machines')
      .create({ Name: name, Params: { 'machine-plugin': 'vbox', ...params } });
  }

  /** Waits until a machine's VM is made and runs, and returns the machine. */
  async made(name: string): Promise<Machine> {
    let machine: Machine | undefined;
    await until(async () => {
      const [found] = await this.api.objects('machines').list({ where: { Name: name } });
      machine = found;
      const vm = this.box.vm(name);
      return vm?.state === 'running' && Object.keys(vm.extraData).length === 0 && found !== undefined;
    }, `the VM ${name}`);
    assert.ok(machine);
    return machine;
  }

  gone(name: string): Promise<void> {
    return until(() => this.box.vm(name) === undefined, `the end of the VM ${name}`);
  }

  act(machine: Machine, command: string): Promise<unknown> {
    return this.api.actions('machines', machine.Uuid).run(command);
  }

  onPlugin(command: string, params: Record<string, unknown>): Promise<unknown> {
    return this.api.actions('plugins', 'vbox').run(command, params);
  }

  /** The process of the plugin. */
  pid(): number {
    const own = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isPlugin(entry));
    assert.equal(own.length, 1, 'processes of the plugin');
    return Number(own[0]);
  }

  /**
   * Ends the plugin as a power cut would, and lets the endpoint start it anew. The command that it runs ends with it
   * (lib/process/orphan-guard.ts), a moment later.
   */
  async kill(command?: number): Promise<void> {
    const plugin = this.pid();
    process.kill(plugin, 'SIGKILL');
    const ending = command === undefined ? [plugin] : [plugin, command];
    await until(() => !ending.some(lives), 'the plugin and its command to be dead');
  }

  errors(): string[] {
    return this.running.log.filter(({ Level }) => Level === 'error').map(({ Message }) => Message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.running[Symbol.asyncDispose]();
    process.env.PATH = this.#path;
    await this.box[Symbol.asyncDispose]();
  }
}

/** Whether a process is a child of this one that listens as the plugin, and is not dead. */
function isPlugin(pid: string): boolean {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(process.pid) &&
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('virtualbox-ipmi\0listen')
    );
  } catch {
    return false;
  }
}

/** There is one VM, whole, and one machine, which has it. */
async function checkOne({ box, api }: Scene, name: string): Promise<void> {
  const vm = box.vm(name);
  assert.ok(vm);
  box.world(({ vms, media }) => assert.deepEqual([vms.length, Object.keys(media).length], [1, 1]));
  assert.equal(vm.boots.length, 1);
  assert.equal(vm.boots[0]?.[0], 'net');
  assert.equal(vm.settings.hostonlyadapter1, 'vboxnet0');
  const machines = await api.objects('machines').list();
  assert.deepEqual(
    machines.map(({ Name, Params }) => [Name, Params?.['virtualbox/id'], Params?.['virtualbox/name']]),
    [[name, vm.id.toUpperCase(), name]],
  );
  assert.equal(machines[0]?.HardwareAddrs.length, 2);
}

test('a machine that is created becomes a VM, is powered, boots from what it is told to, and is deleted', async () => {
  await using scene = await Scene.open();
  const { box, api } = scene;
  await scene.plugin();
  await scene.machine('n1');
  const machine = await scene.made('n1');
  await checkOne(scene, 'n1');
  assert.equal(await scene.act(machine, 'poweron'), 'VM n1 is on already');
  assert.equal(await scene.act(machine, 'nextbootdisk'), 'Success');
  assert.equal(await scene.act(machine, 'powercycle'), 'VM n1 is on');
  assert.deepEqual(
    box.vm('n1')?.boots.map(([first]) => first),
    ['net', 'disk'],
  );
  assert.equal(await scene.act(machine, 'poweroff'), 'VM n1 is off');
  assert.equal(box.vm('n1')?.state, 'poweroff');
  assert.equal(await scene.act(machine, 'nextbootpxe'), 'Success');
  assert.equal(box.vm('n1')?.settings.boot1, 'net');
  await api.objects('machines').remove(machine.Uuid);
  await scene.gone('n1');
  assert.deepEqual(scene.errors(), []);
});

test('actions of the plugin make, stop, start and destroy a VM and its machine', async () => {
  await using scene = await Scene.open();
  const { box, api } = scene;
  await scene.plugin({ 'virtualbox/vm-path': join(box.folder, 'vms') });
  const size = { 'virtualbox/cpus': 4, 'virtualbox/disk-size-mb': 1024 };
  assert.equal(await scene.onPlugin('createVm', { 'virtualbox/name': 'n1', ...size }), 'Created n1');
  await checkOne(scene, 'n1');
  const vm = box.vm('n1');
  assert.equal(vm?.settings.cpus, '4');
  assert.equal(vm?.settingsFile, join(box.folder, 'vms', 'n1', 'n1.vbox'));
  assert.equal(await scene.onPlugin('stopVm', { 'virtualbox/name': 'n1' }), 'Stopped n1');
  assert.equal(await scene.onPlugin('stopVm', { 'virtualbox/id': vm?.id }), `Stopped ${vm?.id}`);
  assert.equal(box.vm('n1')?.state, 'poweroff');
  assert.equal(await scene.onPlugin('startVm', { 'virtualbox/name': 'n1' }), 'Started n1');
  assert.equal(box.vm('n1')?.state, 'running');
  const refused = async (command: string, params: Record<string, unknown>, code: number, message: RegExp) =>
    assert.rejects(scene.onPlugin(command, params), { code, message });
  await refused('createVm', {}, 400, /Missing virtualbox id or name/);
  await refused('createVm', { 'virtualbox/name': '-rf' }, 400, /virtualbox\/name: expected the name of a VM/);
  await refused(
    'startVm',
    { 'virtualbox/name': '--help' },
    400,
    /virtualbox\/name: expected the name of a VM/,
  );
  await refused('startVm', { 'virtualbox/name': 'n2' }, 404, /VirtualBox has no VM n2/);
  await refused('stopVm', { 'virtualbox/id': 'x' }, 400, /virtualbox\/id: expected a VM's UUID/);
  await refused(
    'startVm',
    { 'virtualbox/user': 'other', 'virtualbox/name': 'n1' },
    400,
    /works with the VMs of/,
  );
  await refused(
    'createVm',
    { 'virtualbox/name': 'n3', 'virtualbox/id': vm?.id },
    409,
    /is that of machine n1/,
  );
  await refused('createVm', { 'virtualbox/name': 'n1' }, 422, /violates unique index Name/);
  assert.equal(await scene.onPlugin('destroyVm', { 'virtualbox/name': 'n1' }), 'Destroy n1');
  assert.equal(box.vm('n1'), undefined);
  assert.deepEqual(await api.objects('machines').list(), []);
  assert.deepEqual(scene.errors(), []);
});

test('a VM that createVm cannot make leaves no machine behind', async () => {
  await using scene = await Scene.open();
  await scene.plugin();
  await scene.box.behave({ noHostOnly: true });
  await assert.rejects(scene.onPlugin('createVm', { 'virtualbox/name': 'n1' }), {
    code: 409,
    message: /host-only network cannot be made/,
  });
  assert.deepEqual(await scene.api.objects('machines').list(), []);
  assert.equal(scene.box.vm('n1'), undefined);
});

for (const point of ['createvm-between', 'createmedium-before', 'startvm-before']) {
  test(`the plugin is killed when a creation is at ${point}; once it runs again, all is as it should be`, async () => {
    await using scene = await Scene.open();
    const { box } = scene;
    await scene.plugin();
    await box.hold(point);
    await scene.machine('n1');
    await scene.kill(await box.held(point));
    await box.release(point);
    await scene.made('n1');
    await checkOne(scene, 'n1');
    assert.equal((await box.calls('hostonlyif')).length, 1);
  });
}

test('the plugin is killed in a createVm action; once it runs again, the VM is made to the end', async () => {
  await using scene = await Scene.open();
  const { box } = scene;
  await scene.plugin();
  await box.hold('storageattach-before');
  const creating = assert.rejects(scene.onPlugin('createVm', { 'virtualbox/name': 'n1' }));
  await scene.kill(await box.held('storageattach-before'));
  await creating;
  await box.release('storageattach-before');
  await scene.made('n1');
  await checkOne(scene, 'n1');
});

test('the plugin is killed in a deletion; once it runs again, the VM is gone and makes no machine', async () => {
  await using scene = await Scene.open();
  const { box, api } = scene;
  await scene.plugin();
  await scene.machine('n1');
  const { Uuid } = await scene.made('n1');
  await box.hold('unregistervm-before');
  await api.objects('machines').remove(Uuid);
  await scene.kill(await box.held('unregistervm-before'));
  await box.release('unregistervm-before');
  await scene.gone('n1');
  assert.deepEqual(await api.objects('machines').list(), []);
});

test('a boot device that was chosen while a VM ran is not forgotten when the plugin is killed', async () => {
  await using scene = await Scene.open();
  const { box } = scene;
  await scene.plugin();
  await scene.machine('n1');
  const machine = await scene.made('n1');
  await scene.act(machine, 'nextbootdisk');
  await scene.kill();
  await until(() => scene.errors().some((line) => line.includes('SIGKILL')), 'the endpoint to notice');
  await scene.configured();
  await scene.act(machine, 'powercycle');
  assert.equal(box.vm('n1')?.boots.at(-1)?.[0], 'disk');
});

test('VMs that are there become machines, once; a machine that came while nobody listened becomes a VM', async () => {
  const box = await VirtualBox.open();
  await box.run('createvm', '--name', 'old', '--register');
  await box.run('startvm', 'old');
  await using scene = await Scene.open(box);
  await scene.machine('n1');
  await scene.plugin();
  await scene.made('n1');
  const machines = await scene.api.objects('machines').list({ sort: 'Name' });
  assert.deepEqual(
    machines.map(({ Name }) => Name),
    ['n1', 'old'],
  );
  assert.equal(machines[1]?.Params?.['machine-plugin'], 'vbox');
  assert.equal(box.vm('old')?.boots.length, 1);
  await scene.kill();
  await scene.machine('n2');
  await scene.made('n2');
  assert.equal(await scene.api.objects('machines').count(), 3);
  assert.equal(box.vm('old')?.boots.length, 1);
  assert.equal(box.vm('n1')?.boots.length, 1);
});

test('machines of other plugins, and of none, are left alone', async () => {
  await using scene = await Scene.open();
  const { box, api } = scene;
  await scene.plugin();
  await api.objects('machines').create({ Name: 'plain' });
  await scene.machine('other', { 'machine-plugin': 'packet' });
  await scene.machine('n1');
  await scene.made('n1');
  assert.equal(
    box.world(({ vms }) => vms.length),
    1,
  );
  for (const name of ['plain', 'other']) {
    const { Uuid } = await api.objects('machines').get(`Name:${name}`);
    await api.objects('machines').remove(Uuid);
  }
  await api.objects('machines').remove((await api.objects('machines').get('Name:n1')).Uuid);
  await scene.gone('n1');
});

test('without VirtualBox, and with a user that cannot be one, the plugin object says what is wrong', async () => {
  await using scene = await Scene.open();
  const { api, box } = scene;
  const problem = async (params: Record<string, unknown>) => {
    const Params = { 'virtualbox/user': box.user, ...params };
    await api.objects('plugins').create({ Name: 'vbox', Provider: 'virtualbox-ipmi', Params });
    let errors: string[] = [];
    await until(async () => {
      errors = (await api.objects('plugins').get('vbox')).PluginErrors ?? [];
      return errors.length > 0;
    }, 'an error');
    await api.objects('plugins').remove('vbox');
    return errors.join('\n');
  };
  assert.match(
    await problem({ 'virtualbox/user': '-u root' }),
    /virtualbox\/user: expected the name of a user/,
  );
  assert.match(
    await problem({ 'virtualbox/vm-path': 'vms' }),
    /virtualbox\/vm-path: expected an absolute path/,
  );
  process.env.PATH = '/nonexistent';
  assert.match(await problem({}), /VBoxManage\/vboxmanage is not on the PATH/);
});
