import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setNextBoot } from '../../cmd/virtualbox-ipmi/boot.ts';
import { destroyVm } from '../../cmd/virtualbox-ipmi/destroy.ts';
import { readMarks } from '../../cmd/virtualbox-ipmi/marks.ts';
import { powerCycle, powerOff, powerOn } from '../../cmd/virtualbox-ipmi/power.ts';
import { Spacing } from '../../cmd/virtualbox-ipmi/spacing.ts';
import type { Vm } from '../../cmd/virtualbox-ipmi/vboxmanage.ts';
import { VBoxManage } from '../../cmd/virtualbox-ipmi/vboxmanage.ts';
import { until } from '../support/until.ts';
import { bareVm, type ManagedBox, managedBox, never } from './managed-box.ts';

/** Does things with a new VM that is off. */
async function withVm(
  work: (
    managed: ManagedBox,
    act: <T>(what: (vm: Vm) => Promise<T>) => Promise<T>,
    id: string,
  ) => Promise<void>,
): Promise<void> {
  await using managed = await managedBox();
  const id = await bareVm(managed);
  await work(managed, (what) => managed.vbox.withVm(id, never, what), id);
}

function state({ box }: ManagedBox): string | undefined {
  return box.vm('n1')?.state;
}

test('a VM goes on and off, and asking again for what it is changes nothing', () =>
  withVm(async (managed, act) => {
    assert.equal(await act(powerOff), 'VM n1 is off already');
    assert.equal(await act(powerOn), 'VM n1 is on');
    assert.equal(state(managed), 'running');
    assert.equal(await act(powerOn), 'VM n1 is on already');
    assert.equal(await act(powerOff), 'VM n1 is off');
    assert.equal(state(managed), 'poweroff');
    assert.equal(await act(powerOff), 'VM n1 is off already');
    assert.equal((await managed.box.calls('startvm')).length, 1);
    assert.equal((await managed.box.calls('controlvm')).length, 1);
  }));

test('a VM is started with no window, by its UUID', () =>
  withVm(async ({ box }, act, id) => {
    await act(powerOn);
    assert.deepEqual(await box.calls('startvm'), [['startvm', id, '--type', 'headless']]);
  }));

test('a VM that just went off is still locked, and is started as soon as it is not', () =>
  withVm(async (managed, act) => {
    await managed.box.behave({ lockedTries: 3 });
    await act(powerOn);
    await act(powerOff);
    assert.equal(await act(powerOn), 'VM n1 is on');
    assert.equal((await managed.box.calls('startvm')).length, 5);
  }));

test('a power cycle resets a VM that is on, and starts one that is off', () =>
  withVm(async (managed, act) => {
    assert.equal(await act(powerCycle), 'VM n1 is on');
    assert.equal(await act(powerCycle), 'VM n1 is reset');
    assert.equal(managed.box.vm('n1')?.boots.length, 2);
    assert.deepEqual(
      (await managed.box.calls('controlvm')).map(([, , what]) => what),
      ['reset'],
    );
  }));

test('a paused VM goes on by poweron, off by poweroff, and boots anew by a power cycle', () =>
  withVm(async (managed, act, id) => {
    const pause = () => managed.vbox.run(['controlvm', id, 'pause'], never);
    await act(powerOn);
    await pause();
    assert.equal(await act(powerOn), 'VM n1 is resumed');
    assert.equal(state(managed), 'running');
    await pause();
    assert.equal(await act(powerCycle), 'VM n1 is on');
    assert.equal(managed.box.vm('n1')?.boots.length, 2);
    await pause();
    assert.equal(await act(powerOff), 'VM n1 is off');
  }));

test('a saved VM counts as off, and goes on where it was', () =>
  withVm(async (managed, act, id) => {
    await act(powerOn);
    await managed.vbox.run(['controlvm', id, 'savestate'], never);
    assert.equal(await act(powerOff), 'VM n1 is off already');
    assert.equal(await act(powerOn), 'VM n1 is on');
    assert.equal(managed.box.vm('n1')?.boots.length, 1);
  }));

test('a VM that is about to change its state is waited for', () =>
  withVm(async (managed, act) => {
    const { box } = managed;
    await box.hold('startvm-between');
    const starting = box.run('startvm', 'n1');
    await box.held('startvm-between');
    const on = act(powerOn);
    await until(async () => (await box.calls('showvminfo')).length > 1, 'the plugin to look again');
    await box.release('startvm-between');
    assert.equal(await on, 'VM n1 is on already');
    await starting;
  }));

test('a VM that stays in such a state is an error that names it', async () => {
  await using managed = await managedBox({ lockLimitMs: 50 });
  const id = await bareVm(managed);
  managed.box.world(({ vms }) => {
    for (const vm of vms) vm.state = 'stopping';
  });
  await assert.rejects(managed.vbox.withVm(id, never, powerOn), {
    code: 409,
    message: /VM n1 stays in the state "stopping"/,
  });
});

test('a VM that VirtualBox cannot start is an error with its words', () =>
  withVm(async ({ box }, act) => {
    await box.behave({ noStart: true });
    await assert.rejects(act(powerOn), {
      code: 409,
      message: /vboxmanage startvm: VT-x is disabled in the BIOS/,
    });
  }));

test('a VM that is not there is a 404', async () => {
  await using managed = await managedBox();
  const act = managed.vbox.withVm('3E7031FC-3062-45F1-835C-92541BC9CBD3', never, powerOn);
  await assert.rejects(act, { code: 404, message: /virtualbox\/id: VirtualBox has no VM 3E7031FC/ });
});

test('the boot order of a VM that is off is set at once, and what else it boots from stays behind', () =>
  withVm(async ({ box }, act) => {
    await act((vm) => setNextBoot(vm, 'disk'));
    await act(powerOn);
    assert.deepEqual(box.vm('n1')?.boots, [['disk', 'net', 'floppy', 'dvd']]);
  }));

test('the boot order of a VM that runs is noted on the VM, and set before its next start', () =>
  withVm(async (managed, act, id) => {
    const { box } = managed;
    await act(powerOn);
    await act((vm) => setNextBoot(vm, 'disk'));
    await act((vm) => setNextBoot(vm, 'net'));
    assert.equal(box.vm('n1')?.settings.boot1, 'floppy');
    // Another run of the plugin knows of it, as it is kept by VirtualBox.
    const restarted = await VBoxManage.find(box.user, { env: box.env, child: box.child });
    assert.deepEqual(await restarted.withVm(id, never, readMarks), { nextBoot: 'net' });
    await act(powerOff);
    await act(powerOn);
    assert.deepEqual(
      box.vm('n1')?.boots.map(([first]) => first),
      ['floppy', 'net'],
    );
    assert.deepEqual(await act(readMarks), {});
  }));

test('a power cycle of a VM with a noted boot order turns it off and on, since a reset would keep the old one', () =>
  withVm(async ({ box }, act) => {
    await act(powerOn);
    await act((vm) => setNextBoot(vm, 'net'));
    assert.equal(await act(powerCycle), 'VM n1 is on');
    assert.deepEqual(
      box.vm('n1')?.boots.map(([first]) => first),
      ['floppy', 'net'],
    );
  }));

test('a saved VM with a noted boot order boots, rather than go on where it was', () =>
  withVm(async ({ box, vbox }, act, id) => {
    await act(powerOn);
    await vbox.run(['controlvm', id, 'savestate'], never);
    await act((vm) => setNextBoot(vm, 'disk'));
    await act(powerOn);
    assert.deepEqual(
      box.vm('n1')?.boots.map(([first]) => first),
      ['floppy', 'disk'],
    );
  }));

test('setting the boot order of a VM that is off takes back what was noted', () =>
  withVm(async ({ box }, act) => {
    await act(powerOn);
    await act((vm) => setNextBoot(vm, 'disk'));
    await act(powerOff);
    await act((vm) => setNextBoot(vm, 'net'));
    await act(powerOn);
    assert.equal(box.vm('n1')?.boots[1]?.[0], 'net');
  }));

test('a VM that runs is turned off, unlocked and destroyed with its files; one that is gone is no failure', () =>
  withVm(async (managed, act) => {
    await managed.box.behave({ lockedTries: 4 });
    await act(powerOn);
    await act(destroyVm);
    assert.equal(managed.box.vm('n1'), undefined);
    assert.equal((await managed.box.calls('unregistervm')).length, 5);
    await act(destroyVm);
  }));

test('a VM that stays locked is not destroyed, and the error says so', async () => {
  await using managed = await managedBox({ lockLimitMs: 200 });
  await managed.box.behave({ lockedTries: 1_000_000 });
  const id = await bareVm(managed);
  await managed.vbox.withVm(id, never, powerOn);
  await assert.rejects(managed.vbox.withVm(id, never, destroyVm), {
    code: 409,
    kind: 'locked',
    message: /Cannot unregister the machine 'n1' while it is locked/,
  });
  assert.ok(managed.box.vm('n1'));
});

test('starts keep their distance, the first waits for nothing, and an abort ends the wait', async () => {
  const spacing = new Spacing(40, 60);
  const times: number[] = [];
  const start = performance.now();
  const wait = async () => {
    await spacing.wait(never);
    times.push(performance.now() - start);
  };
  await Promise.all([wait(), wait(), wait()]);
  // From the start: how late one is seen to begin says nothing of the next. Timers may be a millisecond early.
  for (const [index, time] of times.entries()) assert.ok(time >= index * 38, String(times));
  const far = new Spacing(60_000, 60_000);
  await far.wait(never);
  await assert.rejects(far.wait(AbortSignal.timeout(10)));
});
