import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { binary } from '../support/binary.ts';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';
import { lives } from '../support/lives.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

/** The executable at its sockets, with the API of an endpoint that leaves the configuring to the test. */
class Scene implements AsyncDisposable {
  readonly box: VirtualBox;
  readonly running: Running;
  readonly api: Client;
  readonly provider: ProviderProcess;

  private constructor(box: VirtualBox, running: Running, provider: ProviderProcess) {
    this.box = box;
    this.running = running;
    this.provider = provider;
    const { url, token } = running.endpoint;
    this.api = new Client({ endpoint: url, token, ca: join(running.root, 'server.crt') });
  }

  static async open(): Promise<Scene> {
    const box = await VirtualBox.open();
    const running = await Running.open();
    const { url, token } = running.endpoint;
    const env = { ...box.env, RS_ENDPOINT: url, RS_TOKEN: token };
    const provider = await ProviderProcess.start([binary('virtualbox-ipmi')], { env });
    const scene = new Scene(box, running, provider);
    for (const name of ['virtualbox/id', 'virtualbox/name'])
      await scene.api.objects('params').create({ Name: name, Schema: { type: 'string' } });
    return scene;
  }

  async configure(params: Record<string, unknown> = {}) {
    const { status, json } = await this.provider.post('config', {
      Name: 'vbox',
      'virtualbox/user': this.box.user,
      ...params,
    });
    return { status, messages: (json as { Messages: string[] | null }).Messages };
  }

  async machine(name: string) {
    return this.api.objects('machines').create({ Name: name, Params: { 'machine-plugin': 'vbox' } });
  }

  made(name: string): Promise<void> {
    return until(() => {
      const vm = this.box.vm(name);
      return vm?.state === 'running' && Object.keys(vm.extraData).length === 0;
    }, `the VM ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.provider[Symbol.asyncDispose]();
    await this.running[Symbol.asyncDispose]();
    await this.box[Symbol.asyncDispose]();
  }
}

test('a plugin that is configured anew goes on with what was under way, and does nothing twice', async () => {
  await using scene = await Scene.open();
  const { box, api } = scene;
  assert.equal((await scene.configure()).status, 200);
  await box.hold('createmedium-before');
  await scene.machine('n1');
  await box.held('createmedium-before');
  assert.equal((await scene.configure({ 'virtualbox/vm-path': join(box.folder, 'vms') })).status, 200);
  await box.release('createmedium-before');
  await scene.made('n1');
  for (let times = 0; times < 3; times += 1) assert.equal((await scene.configure()).status, 200);
  const { Uuid } = await scene.machine('n2');
  await scene.made('n2');
  assert.equal((await box.calls('createvm')).length, 2);
  assert.equal((await box.calls('startvm')).length, 2);
  assert.equal(
    box.world(({ vms, media }) => vms.length + Object.keys(media).length),
    4,
  );
  await api.objects('machines').remove(Uuid);
  await until(() => box.vm('n2') === undefined, 'the end of the VM');
  assert.equal(
    (await box.calls('setextradata')).filter(([, , , value]) => value?.startsWith('deleting')).length,
    1,
  );
});

test('what cannot be configured leaves the plugin as it was', async () => {
  await using scene = await Scene.open();
  assert.equal((await scene.configure()).status, 200);
  const { status, messages } = await scene.configure({ 'virtualbox/user': '--help' });
  assert.equal(status, 400);
  assert.match(String(messages), /virtualbox\/user: expected the name of a user/);
  await scene.machine('n1');
  await scene.made('n1');
});

test('before it is configured, the plugin says so', async () => {
  await using scene = await Scene.open();
  const { status, json } = await scene.provider.action('poweron', {
    CommandSet: 'machines',
    Model: { Uuid: '3e7031fc-3062-45f1-835c-92541bc9cbd3' },
    Params: { 'virtualbox/id': '3e7031fc-3062-45f1-835c-92541bc9cbd3' },
  });
  assert.equal(status, 409);
  assert.deepEqual((json as { Messages: string[] }).Messages, ['The plugin is not configured']);
});

test('a plugin that stops ends the command that runs, and leaves the rest to its next start', async () => {
  await using scene = await Scene.open();
  const { box, provider } = scene;
  await scene.configure();
  await box.hold('storagectl-before');
  await scene.machine('n1');
  const command = await box.held('storagectl-before');
  assert.equal((await provider.post('stop')).status, 200);
  assert.deepEqual(await provider.exited, { code: 0, signal: null });
  await until(() => !lives(command), 'the command to end');
  const vm = box.vm('n1');
  assert.equal(vm?.state, 'poweroff');
  assert.deepEqual(Object.keys(vm?.extraData ?? {}), ['DigitalRebar/Work']);
});
