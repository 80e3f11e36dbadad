import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMachine } from './machine.ts';
import { MACHINE, missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('jq', 'bash');

describe('virtualbox tasks', { skip, concurrency: 4 }, () => {
  let tasks: TaskRenderer;
  before(async () => {
    tasks = await openRenderer('virtualbox-ipmi');
  });

  const opened: { close(): Promise<void> }[] = [];
  after(() => Promise.all(opened.map((each) => each.close())));
  const open = async (dmidecode: string) => {
    const machine = await startMachine(tasks);
    opened.push(machine);
    await machine.install('dmidecode', dmidecode);
    return machine;
  };

  test('virtualbox-discover-uuid records the UUID of the VM in upper case', async () => {
    const machine = await open(
      'echo "# a remark"; case $2 in system-product-name) echo VirtualBox ;; *) echo 1b4f1c92-aa00-4c1e-9bd2-0123456789ab ;; esac',
    );
    const { code, log } = await machine.run('virtualbox-discover-uuid');
    assert.equal(code, 0, log);
    assert.deepEqual(await machine.params(), { 'virtualbox/id': '1B4F1C92-AA00-4C1E-9BD2-0123456789AB' });
  });

  // The machine's own UUID is 6e703114-2a1c-4b6c-8f0e-6a3a3b1f2d11.
  for (const [what, shown, known, expected] of [
    // As https://github.com/VirtualBox/virtualbox/issues/47 shows it.
    ['', '8a41946f-7a43-b24e-99d7-537c8ba7d8ef', undefined, '6F94418A-437A-4EB2-99D7-537C8BA7D8EF'],
    [' of a machine', '1431706e-1c2a-6c4b-8f0e-6a3a3b1f2d11', undefined, MACHINE.Uuid.toUpperCase()],
    [' of a machine', MACHINE.Uuid, undefined, MACHINE.Uuid.toUpperCase()],
    [
      ' that is known',
      '11111122-1133-4044-9999-000000000001',
      '22111111-3311-4440-9999-000000000001',
      undefined,
    ],
    [
      ' that is known',
      '22111111-3311-4440-9999-000000000001',
      '22111111-3311-4440-9999-000000000001',
      undefined,
    ],
  ] as const) {
    test(`virtualbox-discover-uuid knows the UUID${what} when the firmware shows ${shown}`, async () => {
      const machine = await open(
        `case $2 in system-product-name) echo VirtualBox ;; *) echo ${shown} ;; esac`,
      );
      if (known !== undefined) await machine.setParams({ 'virtualbox/id': known });
      const { code, log } = await machine.run('virtualbox-discover-uuid');
      assert.equal(code, 0, log);
      assert.deepEqual(await machine.params(), { 'virtualbox/id': expected ?? known });
    });
  }

  test('virtualbox-discover-uuid does nothing on other machines', async () => {
    const machine = await open('echo "PowerEdge R640"');
    const { code, log } = await machine.run('virtualbox-discover-uuid');
    assert.equal(code, 0, log);
    assert.deepEqual(await machine.params(), {});
  });

  test('virtualbox-discover-uuid fails when the firmware names no UUID', async () => {
    const machine = await open(
      'case $2 in system-product-name) echo VirtualBox ;; *) echo "Not Settable" ;; esac',
    );
    const { code, log } = await machine.run('virtualbox-discover-uuid');
    assert.equal(code, 1);
    assert.match(log, /ERROR: the firmware names no UUID/);
  });

  test('virtualbox-other-nics asks for an address for each interface that has none', async () => {
    const machine = await open('');
    await machine.install(
      'ip',
      `case "$*" in
       "-o link show") printf '%s\\n' "1: lo: <LOOPBACK,UP> mtu 65536" "2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500" \\
         "3: eth1@if7: <BROADCAST,MULTICAST> mtu 1500" "4: eth2: <BROADCAST,MULTICAST> mtu 1500" ;;
       *"address show dev eth0") echo "2: eth0 inet 192.168.56.10/24" ;;
       esac`,
    );
    await machine.install('dhclient', 'for name; do :; done; [ "$name" != eth1 ]');
    const { code, log } = await machine.run('virtualbox-other-nics');
    assert.equal(code, 0, log);
    const calls = (await machine.calls()).filter((call) => /dhclient|link set/.test(call));
    assert.deepEqual(calls, [
      'ip link set dev eth1 up',
      'dhclient -1 --no-pid eth1',
      'ip link set dev eth2 up',
      'dhclient -1 --no-pid eth2',
    ]);
    assert.match(log, /No DHCP server answers on eth1/);
  });
});
