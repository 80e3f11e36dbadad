import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startMachine, type TestMachine } from './machine.ts';
import { missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('jq', 'bash');

describe('ipmi tasks that need no BMC', { skip, concurrency: 4 }, () => {
  let tasks: TaskRenderer;
  const machines: TestMachine[] = [];
  const open = async (params: Record<string, unknown>) => {
    const machine = await startMachine(tasks, params);
    machines.push(machine);
    return machine;
  };
  before(async () => {
    tasks = await openRenderer('ipmi');
  });
  after(async () => {
    await Promise.all(machines.map((machine) => machine.close()));
  });

  const network = (address: string, netmask: string, gateway: string) => ({
    'ipmi/configure/address': address,
    'ipmi/configure/netmask': netmask,
    'ipmi/configure/gateway': gateway,
  });
  for (const [params, complaint] of [
    [network('10.0.0.5', '255.255.255.0', '10.0.0.1'), undefined],
    [network('10.0.3.5', '255.255.252.0', '10.0.0.1'), undefined],
    [network('10.0.0.4', '255.255.255.254', '10.0.0.5'), undefined],
    [network('10.0.1.5', '255.255.255.0', '10.0.0.1'), 'gateway is not in the subnet'],
    [network('10.0.0.5', '255.0.255.0', '10.0.0.1'), 'netmask is no netmask'],
    [network('10.0.0.5', '0.0.0.0', '10.0.0.1'), 'netmask is no netmask'],
    [network('10.0.0.256', '255.255.255.0', '10.0.0.1'), 'address is no IPv4 address: 10.0.0.256'],
    [network('10.0.0.5; reboot', '255.255.255.0', '10.0.0.1'), 'address is no IPv4 address'],
    [network('10.0.0.255', '255.255.255.0', '10.0.0.1'), 'network or broadcast address'],
    [network('10.0.0.1', '255.255.255.0', '10.0.0.1'), "gateway is the BMC's own address"],
    [{ 'ipmi/configure/address': '10.0.0.5' }, 'ipmi/configure/netmask is not set'],
  ] as const) {
    test(`ipmi-network-validation: ${Object.values(params).join(' ')}: ${complaint ?? 'fine'}`, async () => {
      const { code, log } = await (await open(params)).run('ipmi-network-validation');
      assert.equal(code, complaint === undefined ? 0 : 1, log);
      if (complaint !== undefined) assert.ok(log.includes(complaint), log);
    });
  }

  for (const [answer, code, text] of [
    [{ Status: 'OK', MemoryStatus: 'Warning' }, 0, 'Status: OK'],
    [{ Status: 'Critical', MemoryStatus: 'Critical', StorageStatus: 'OK' }, 1, 'MemoryStatus: Critical'],
    [{}, 1, 'the status of this machine is not known'],
    ['text', 1, 'the status of this machine is not known'],
    [undefined, 1, "the machine's status could not be read"],
  ] as const) {
    test(`ipmi-status-validation with ${JSON.stringify(answer)} ends with ${code}`, async () => {
      const machine = await open({ 'ipmi/skip-status-validation': false });
      if (answer !== undefined) await machine.setAction('status', answer);
      const run = await machine.run('ipmi-status-validation');
      assert.equal(run.code, code, run.log);
      assert.ok(run.log.includes(text), run.log);
      assert.match((await machine.calls()).join('\n'), /runaction \S+ status ipmi\/mode redfish/);
    });
  }

  test('ipmi-status-validation asks nothing unless it is told to', async () => {
    const machine = await open({});
    assert.equal((await machine.run('ipmi-status-validation')).code, 0);
    assert.deepEqual(await machine.calls(), []);
  });

  /** A machine that has these programs and no others. */
  const bare = async (params: Record<string, unknown>, ...programs: string[]) => {
    const machine = await open(params);
    const needed = ['bash', 'sh', 'env', 'rm', 'cat', 'timeout', 'tr', 'cp', 'mkdir', ...programs];
    return { machine, path: await machine.onlyPrograms(needed) };
  };
  for (const [manager, call] of [
    ['apt-get', 'apt-get -y install ipmitool'],
    ['dnf', 'dnf -y install ipmitool'],
    ['yum', 'yum -y install ipmitool'],
    ['zypper', 'zypper --non-interactive install ipmitool'],
    ['apk', 'apk add ipmitool'],
  ] as const) {
    test(`ipmi-install installs ipmitool with ${manager}`, async () => {
      const { machine, path } = await bare({}, 'jq');
      await machine.install(manager, '');
      const { code, log } = await machine.run('ipmi-install', { PATH: path });
      assert.equal(code, 0, log);
      assert.ok((await machine.calls()).includes(call), log);
    });
  }

  test('ipmi-install tries the package of the vendor when what is asked for needs it', async () => {
    const { machine, path } = await bare({ 'ipmi/configure/hostname': 'bmc-1' }, 'jq');
    await machine.install('ipmitool', '');
    await machine.install('dmidecode', 'echo "Dell Inc."');
    await machine.install('dnf', 'echo "No match for argument"; exit 1');
    const { code, log } = await machine.run('ipmi-install', { PATH: path });
    assert.equal(code, 0, log);
    assert.ok((await machine.calls()).includes('dnf -y install srvadmin-idracadm7'));
    assert.match(log, /Not done, since Dell's racadm is not installed/);
  });

  test('a machine on which ipmitool cannot be installed counts as one without a BMC', async () => {
    const { machine, path } = await bare({}, 'jq');
    await machine.install('apt-get', 'exit 100');
    const { code, log } = await machine.run('ipmi-install', { PATH: path });
    assert.equal(code, 0, log);
    assert.match(log, /ipmitool could not be installed/);
    assert.equal((await machine.params())['ipmi/enabled'], false);
  });
});
