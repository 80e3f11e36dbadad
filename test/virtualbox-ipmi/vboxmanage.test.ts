import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VBoxManage } from '../../cmd/virtualbox-ipmi/vboxmanage.ts';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';
import { bareVm, managedBox, never } from './managed-box.ts';

test('vboxmanage is found under both of its names; without it, that is said', async () => {
  for (const name of ['vboxmanage', 'VBoxManage']) {
    await using box = await VirtualBox.open(name);
    const vbox = await VBoxManage.find(box.user, { env: box.env });
    assert.deepEqual(await vbox.list(never), []);
  }
  const missing = { code: 404, message: /VBoxManage\/vboxmanage is not on the PATH/ };
  await assert.rejects(VBoxManage.find('me', { env: { PATH: '/nonexistent' } }), missing);
  await assert.rejects(VBoxManage.find('me', { env: {} }), missing);
});

test('sudo is used for another user, and only for another user', async () => {
  await using box = await VirtualBox.open();
  await box.tool(
    'sudo',
    `printf '%s\\n' "$@" > '${join(box.folder, 'sudo-args')}'; env > '${join(box.folder, 'sudo-env')}'`,
  );
  const own = await VBoxManage.find(box.user, { env: box.env });
  await own.list(never);
  assert.equal((await box.calls()).length, 1);
  const other = await VBoxManage.find('somebody', { env: { ...box.env, RS_TOKEN: 'T0KEN' } });
  assert.deepEqual(await other.list(never), []);
  const written = await readFile(join(box.folder, 'sudo-args'), 'utf8');
  const tool = join(box.bin, 'vboxmanage');
  assert.deepEqual(written.split('\n'), ['-n', '-u', 'somebody', tool, 'list', 'vms', '']);
  const env = await readFile(join(box.folder, 'sudo-env'), 'utf8');
  assert.doesNotMatch(env, /T0KEN|^HOME=|^VBOX_USER_HOME=/m);
  assert.match(env, /^LC_ALL=C\.UTF-8$/m);
});

test('what sudo refuses is told as something about virtualbox/user', async () => {
  await using box = await VirtualBox.open();
  await box.tool('sudo', 'echo "sudo: a password is required" >&2; exit 1');
  const vbox = await VBoxManage.find('somebody', { env: box.env });
  await assert.rejects(vbox.list(never), {
    code: 400,
    message: /virtualbox\/user: sudo does not let .*NOPASSWD/,
  });
});

test('without sudo on the PATH, another user is refused', async () => {
  await using box = await VirtualBox.open();
  await assert.rejects(VBoxManage.find('somebody', { env: { PATH: box.bin } }), {
    code: 404,
    message: /virtualbox\/user: sudo, which is needed to run vboxmanage as somebody, is not on the PATH/,
  });
});

test('the child has what VirtualBox needs of the environment, and no token', async () => {
  await using box = await VirtualBox.open();
  const file = join(box.folder, 'env');
  await using printing = await VirtualBox.open('unused');
  await printing.tool('vboxmanage', `env > '${file}'; pwd >> '${file}'`);
  const env = { PATH: printing.path, RS_TOKEN: 'T0KEN', HOME: '/home/x', VBOX_USER_HOME: '/vbox' };
  await (await VBoxManage.find(box.user, { env })).list(never);
  const text = await readFile(file, 'utf8');
  assert.doesNotMatch(text, /T0KEN/);
  for (const line of ['HOME=/home/x', 'VBOX_USER_HOME=/vbox', `USER=${userInfo().username}`, '/']) {
    assert.ok(text.split('\n').includes(line), line);
  }
});

test('a command that hangs is ended at its limit, and by an abort', async () => {
  await using managed = await managedBox({ child: undefined });
  const { box, vbox } = managed;
  await box.hold('list-before');
  await assert.rejects(vbox.run(['list', 'vms'], never, { timeLimitMs: 400 }), {
    code: 504,
    message: /vboxmanage list was stopped after 0\.4 s without a result/,
  });
  const stopping = new AbortController();
  const listing = assert.rejects(vbox.list(stopping.signal), {
    code: 503,
    message: /vboxmanage list: cancelled/,
  });
  await box.held('list-before');
  stopping.abort();
  await listing;
});

test("one VM's commands come one after the other, while another VM's do not wait for them", async () => {
  await using managed = await managedBox();
  const { box, vbox } = managed;
  const [a, b] = [await bareVm(managed, 'a'), await bareVm(managed, 'b')];
  const order: string[] = [];
  const look = (id: string, name: string) =>
    vbox.withVm(id, never, async (vm) => {
      order.push(`start ${name}`);
      await vm.info();
      order.push(`end ${name}`);
    });
  await box.hold('showvminfo-before');
  const all = [look(a, 'a1'), look(a, 'a2'), look(b, 'b1')];
  await box.held('showvminfo-before');
  assert.deepEqual(order, ['start a1', 'start b1']);
  await box.release('showvminfo-before');
  await Promise.all(all);
  const ofA = order.filter((note) => note.includes('a'));
  assert.deepEqual(
    ofA.filter((note) => !note.includes('b')),
    ['start a1', 'end a1', 'start a2', 'end a2'],
  );
});

test('no more commands run at once than the bound', async () => {
  await using managed = await managedBox({ maxChildren: 2, waitLimitMs: 300 });
  const { box, vbox } = managed;
  await box.hold('list-before');
  const running = [vbox.list(never), vbox.list(never)];
  await box.held('list-before');
  await assert.rejects(vbox.list(never), { code: 503, message: /earlier work was not done after 0\.3 s/ });
  await box.release('list-before');
  await Promise.all(running);
});
