import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { connectBmc, startMachine, type TestMachine } from './machine.ts';
import { ADMIN, type MachineBmcOptions, startMachineBmc } from './machine-bmc.ts';
import { missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('ipmi_sim', 'ipmitool', 'jq', 'bash', 'setsid');

describe('ipmi tasks on a machine with a BMC', { skip, concurrency: 4 }, () => {
  let tasks: TaskRenderer;
  before(async () => {
    tasks = await openRenderer('ipmi');
  });

  const opened: { close(): Promise<void> }[] = [];
  const open = async (params: Record<string, unknown> = {}, options: MachineBmcOptions = {}) => {
    const bmc = await startMachineBmc(options);
    opened.push(bmc);
    const machine = await startMachine(tasks, params);
    opened.push(machine);
    await connectBmc(machine, bmc);
    return { bmc, machine };
  };
  after(() => Promise.all(opened.map((each) => each.close())));

  test('ipmi-discover records where the BMC is', async () => {
    const { machine } = await open();
    const { code, log } = await machine.run('ipmi-discover');
    assert.equal(code, 0, log);
    assert.deepEqual(await machine.params(), {
      'ipmi/enabled': true,
      'ipmi/macaddr': '02:00:00:aa:bb:cc',
      'ipmi/address': '10.0.0.5',
      'ipmi/address-v4': '10.0.0.5',
      'ipmi/netmask': '255.255.255.0',
      'ipmi/netmask-v4': '255.255.255.0',
      'ipmi/gateway': '10.0.0.1',
      'ipmi/gateway-v4': '10.0.0.1',
      'ipmi/ipsrc': 'Static Address',
      'ipmi/ipsrc-v4': 'Static Address',
    });
  });

  test('ipmi-configure makes a user who can log in, and records the login without showing the password', async () => {
    const { bmc, machine } = await open({
      'ipmi/configure/user': true,
      'ipmi/configure/username': "op$(id)'",
      'ipmi/configure/password': 'Pa$$ "w0rd" #1',
    });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const params = await machine.params();
    assert.equal(params['ipmi/username'], "op$(id)'");
    assert.equal(params['ipmi/password'], 'Pa$$ "w0rd" #1');
    assert.match(await bmc.ipmitool("op$(id)'", 'Pa$$ "w0rd" #1', 'mc', 'info'), /Manufacturer ID/);
    const users = await bmc.ipmitool(ADMIN.username, ADMIN.password, '-c', 'user', 'list', '1');
    assert.match(users, /^3,op\$\(id\)',.*,ADMINISTRATOR$/m);
    assert.doesNotMatch(log, /w0rd/);
    assert.doesNotMatch((await machine.calls()).join('\n'), /w0rd/);
  });

  test('no trace of ipmi-configure shows a password', async () => {
    const { machine } = await open({
      'rs-debug-enable': true,
      'ipmi/configure/user': true,
      'ipmi/configure/generate-random-password': true,
      'ipmi/service-user': true,
    });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const params = await machine.params();
    assert.match(log, /^\+ /m);
    for (const name of ['ipmi/password', 'ipmi/configure/password']) {
      const secret = params[name];
      assert.ok(typeof secret === 'string' && secret.length >= 10, name);
      assert.ok(!log.includes(secret), `${name} is in the log`);
    }
  });

  test('a second run of ipmi-configure changes nothing', async () => {
    const { machine } = await open({ 'ipmi/configure/user': true, 'ipmi/configure/network': true });
    assert.equal((await machine.run('ipmi-configure')).code, 0);
    const before = (await machine.calls()).length;
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const later = (await machine.calls()).slice(before).filter((call) => / set | priv | enable /.test(call));
    assert.deepEqual(
      later.filter((call) => call.startsWith('ipmitool')),
      [],
    );
    assert.match(log, /User root in slot 3 is as it should be/);
  });

  test('ipmi-configure makes a random password once and keeps it', async () => {
    const { bmc, machine } = await open({
      'ipmi/configure/user': true,
      'ipmi/configure/generate-random-password': true,
    });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const password = (await machine.params())['ipmi/password'];
    assert.match(String(password), /^[a-z](?=(?:.*[A-Z]){2})(?=(?:.*\d){2})(?=.*[%@^]).{8}[a-z]$/);
    assert.match(await bmc.ipmitool('root', String(password), 'mc', 'info'), /Manufacturer ID/);
    assert.equal((await machine.run('ipmi-configure')).code, 0);
    assert.equal((await machine.params())['ipmi/password'], password);
  });

  for (const { settings, shape } of [
    { settings: 'length=16', shape: /^[a-z].{14}[a-z]$/ },
    {
      settings: `length=12,chars=6,upper=4,lower=2,req_nums=4,special_chars=2,special_char_list='!,'`,
      shape: /^[a-z](?=(?:.*[A-Z]){4})(?=(?:.*\d){4})(?=(?:.*[!,]){2}).{10}[a-z]$/,
    },
    {
      settings: 'length=20, padding=nums, special_chars=0, leading_char="x", trailing_char="y"',
      shape: /^x(?=(?:.*\d){13})[a-zA-Z0-9]{18}y$/,
    },
  ]) {
    test(`a random password obeys ${settings}`, async () => {
      const { machine } = await open({
        'ipmi/configure/user': true,
        'ipmi/configure/generate-random-password': true,
        'ipmi/configure/random-password-settings': settings,
      });
      const { code, log } = await machine.run('ipmi-configure');
      assert.equal(code, 0, log);
      assert.match(String((await machine.params())['ipmi/password']), shape);
    });
  }

  for (const [settings, complaint] of [
    ['length=8', 'chars, req_nums and special_chars exceed length'],
    ['upper=5', 'upper and lower exceed chars'],
    ['lower=1', 'lower is less than 2'],
    ['length=ten', 'length is no number'],
    ['colour=1', 'there is no setting colour'],
    ['length=10; reboot', 'cannot read'],
  ]) {
    test(`the rules "${settings}" for random passwords are refused`, async () => {
      const { machine } = await open({
        'ipmi/configure/user': true,
        'ipmi/configure/generate-random-password': true,
        'ipmi/configure/random-password-settings': settings,
      });
      const { code, log } = await machine.run('ipmi-configure');
      assert.equal(code, 1, log);
      assert.ok(log.includes(`ipmi/configure/random-password-settings: ${complaint}`), log);
      assert.deepEqual(
        (await machine.calls()).filter((call) => / set /.test(call)),
        [],
      );
    });
  }

  test('ipmi-configure gives the endpoint a user of its own', async () => {
    const { bmc, machine } = await open({ 'ipmi/service-user': true, 'ipmi/configure/user': true });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    const params = await machine.params();
    assert.equal(params['ipmi/username'], 'dr-provision');
    const password = String(params['ipmi/password']);
    assert.match(await bmc.ipmitool('dr-provision', password, 'mc', 'info'), /Manufacturer ID/);
    assert.match(await bmc.ipmitool('root', 'cr0wBar!', 'mc', 'info'), /Manufacturer ID/);
  });

  test('a user keeps the slot it has, and gets the new password', async () => {
    const { bmc, machine } = await open({
      'ipmi/configure/user': true,
      'ipmi/configure/username': 'root',
      'ipmi/configure/password': 'first-pass',
      'ipmi/configure/userid': 5,
    });
    assert.equal((await machine.run('ipmi-configure')).code, 0);
    await machine.setParams({ 'ipmi/configure/password': 'second-pass', 'ipmi/configure/userid': 7 });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.match(log, /User root is in slot 5 already/);
    assert.match(await bmc.ipmitool('root', 'second-pass', 'mc', 'info'), /Manufacturer ID/);
  });

  test('a password that a BMC cannot take is refused before anything is changed', async () => {
    const { machine } = await open({
      'ipmi/configure/user': true,
      'ipmi/configure/password': 'this is longer than twenty bytes',
    });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 1);
    assert.match(log, /ERROR: the password for user root has 32 bytes; a BMC takes at most 20/);
    assert.deepEqual(
      (await machine.calls()).filter((call) => call.includes('user set')),
      [],
    );
  });

  test('ipmi-configure sets a fixed address, netmask and gateway, and reserves the address', async () => {
    const { bmc, machine } = await open(
      {
        'ipmi/configure/network': true,
        'ipmi/configure/ip-mode': 'static',
        'ipmi/configure/address': '10.1.0.9',
        'ipmi/configure/netmask': '255.255.0.0',
        'ipmi/configure/gateway': '10.1.0.1',
      },
      { lan: { ip_addr_src: 'dhcp' } },
    );
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.equal(await bmc.lan('ip_addr_src'), 'static');
    assert.equal(await bmc.lan('ip_addr'), '10.1.0.9');
    assert.equal(await bmc.lan('subnet_mask'), '255.255.0.0');
    assert.equal(await bmc.lan('default_gw_ip_addr'), '10.1.0.1');
    assert.equal((await machine.params())['ipmi/address'], '10.1.0.9');
    assert.deepEqual(await machine.reservation('10.1.0.9'), {
      Addr: '10.1.0.9',
      Strategy: 'MAC',
      Token: '02:00:00:aa:bb:cc',
    });
  });

  test('an address that is reserved for another is not taken', async () => {
    const { bmc, machine } = await open({
      'ipmi/configure/network': true,
      'ipmi/configure/address': '10.1.0.9',
    });
    await machine.setReservation({ Addr: '10.1.0.9', Strategy: 'MAC', Token: '02:ff:ff:ff:ff:ff' });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 1);
    assert.match(log, /ERROR: 10\.1\.0\.9 is reserved for 02:ff:ff:ff:ff:ff/);
    assert.equal(await bmc.lan('ip_addr_src'), 'static');
  });

  test('with DHCP the task waits for the lease and reserves it', async () => {
    const { bmc, machine } = await open(
      { 'ipmi/configure/network': true },
      { lan: { ip_addr: '0.0.0.0', ip_addr_src: 'static' } },
    );
    // The first pause after the change is when the lease arrives.
    await machine.install('sleep', `[ "$1" = 0 ] || echo 10.0.0.77 > "${bmc.folder}/lan.ip_addr"`);
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.equal(await bmc.lan('ip_addr_src'), 'dhcp');
    assert.equal((await machine.params())['ipmi/address'], '10.0.0.77');
    assert.equal((await machine.reservation('10.0.0.77')).Token, '02:00:00:aa:bb:cc');
  });

  test('a fixed address without a netmask is refused', async () => {
    const { machine } = await open({
      'ipmi/configure/network': true,
      'ipmi/configure/ip-mode': 'static',
      'ipmi/configure/address': '10.1.0.9',
    });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 1);
    assert.match(log, /ipmi\/configure\/address and ipmi\/configure\/netmask must be set/);
  });

  test('a BMC that needs it is restarted after changes, and waited for', async () => {
    const { machine } = await open({ 'ipmi/configure/user': true }, { manufacturer: 11 });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.match(log, /quirks: hpe/);
    const calls = await machine.calls();
    assert.ok(calls.includes('ipmitool mc reset cold'));
    assert.ok(!calls.some((call) => call.includes('setaccess')));
  });

  test('a slot that the hardware keeps for itself is not given to a new user', async () => {
    const { machine } = await open(
      { 'ipmi/configure/user': true, 'ipmi/configure/username': 'newcomer' },
      { manufacturer: 10876 },
    );
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 0, log);
    assert.match(log, /quirks: supermicro/);
    assert.match(log, /Setting up user newcomer in slot 3/);
  });

  const lan6 = [
    'IPv6 Static Address 0:\n    Enabled:        no\n    Address:        2001:db8::1/64\n    Status:         disabled\n',
    'IPv6 Dynamic Address 0:\n    Source/Type:    SLAAC\n    Address:        fe80::1/64\n    Status:         active\n',
    'IPv6 Dynamic Address 1:\n    Source/Type:    DHCPv6\n    Address:        2001:db8::77/64\n    Status:         active\n',
    'IPv6 Dynamic Router 1:\n    Address: fe80::ffff\n    MAC:     02:00:00:00:00:01\n    Prefix:  2001:db8::/64\n',
  ].join('');
  for (const { given, address } of [
    { given: {}, address: '10.0.0.5' },
    { given: { 'ipmi/prefer-v6': true }, address: '2001:db8::77' },
    { given: { 'ipmi/force-protocol': 'v6' }, address: '2001:db8::77' },
  ]) {
    test(`with both address families, ${JSON.stringify(given)} chooses ${address}`, async () => {
      const { bmc, machine } = await open(given);
      await connectBmc(machine, bmc, { 'lan6 print 1': lan6 });
      const { code, log } = await machine.run('ipmi-inventory');
      assert.equal(code, 0, log);
      const params = await machine.params();
      assert.equal(params['ipmi/address'], address);
      assert.equal(params['ipmi/address-v4'], '10.0.0.5');
      assert.equal(params['ipmi/address-v6'], '2001:db8::77');
      assert.equal(params['ipmi/netmask-v6'], '64');
      assert.equal(params['ipmi/ipsrc-v6'], 'DHCPv6');
      assert.equal(params['ipmi/gateway-v6'], 'fe80::ffff');
    });
  }

  test('ipmi-run-commands runs each command in order and stops at the one that fails', async () => {
    const { machine } = await open({
      'ipmi/extra-ipmi-commands': [
        'ipmitool mc guid',
        'false || :',
        'ipmitool bogus-command',
        'echo not reached',
      ],
    });
    const { code, log } = await machine.run('ipmi-run-commands');
    assert.notEqual(code, 0);
    assert.match(log, /System GUID/);
    assert.match(log, /Command 2/);
    assert.doesNotMatch(log, /not reached/);
  });
});

describe('ipmi tasks on a machine without a BMC', { skip }, () => {
  let tasks: TaskRenderer;
  let machine: TestMachine;
  before(async () => {
    tasks = await openRenderer('ipmi');
  });
  beforeEach(async () => {
    await machine?.close();
    machine = await startMachine(tasks, { 'ipmi/address': '10.0.0.5' });
    await machine.install('ipmitool', 'echo "Could not open device at /dev/ipmi0" >&2; exit 1');
  });
  after(async () => {
    await machine.close();
  });

  for (const task of ['ipmi-discover', 'ipmi-inventory', 'ipmi-configure']) {
    test(`${task} records that there is none and succeeds`, async () => {
      const { code, log } = await machine.run(task);
      assert.equal(code, 0, log);
      assert.deepEqual(await machine.params(), { 'ipmi/enabled': false });
      assert.ok((await machine.calls()).includes('modprobe ipmi_si'));
    });
  }

  test('ipmi/configure/no-bmc-fatal makes that a failure', async () => {
    await machine.setParams({ 'ipmi/configure/no-bmc-fatal': true });
    const { code, log } = await machine.run('ipmi-configure');
    assert.equal(code, 1);
    assert.match(log, /ERROR: ipmi\/configure\/no-bmc-fatal is true/);
    assert.equal((await machine.params())['ipmi/enabled'], false);
  });

  for (const task of [
    'ipmi-install',
    'ipmi-configure',
    'ipmi-inventory',
    'ipmi-install-cert-or-key',
    'ipmi-run-commands',
  ]) {
    test(`${task} does nothing once that is known`, async () => {
      await machine.setParams({ 'ipmi/enabled': false, 'ipmi/extra-ipmi-commands': ['exit 3'] });
      const { code, log } = await machine.run(task);
      assert.equal(code, 0, log);
      assert.match(log, /ipmi\/enabled is false: nothing to do/);
      assert.deepEqual(
        (await machine.calls()).filter((call) => /^(ipmitool|drpcli)/.test(call)),
        [],
      );
    });
  }
});
