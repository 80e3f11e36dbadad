import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf } from '../../cmd/virtualbox-ipmi/failure.ts';
import { parseMachineReadable } from '../../cmd/virtualbox-ipmi/machine-readable.ts';
import { parseVmInfo, parseVmList } from '../../cmd/virtualbox-ipmi/vm-info.ts';
import { fc } from '../support/properties.ts';

test('names and values are read with and without quotes, escaped quotes and backslashes, and ends of lines', () => {
  const text = [
    'name="say \\"hi\\""',
    'CfgFile="C:\\\\VMs\\\\a=b\\\\a.vbox"',
    'memory=2048',
    '"SATA Controller-0-0"="/x/y z.vdi"',
    'Forwarding(0)="ssh,tcp,127.0.0.1,2222,,22"',
    'teleporteraddress=""',
    'description="first',
    'UUID="no"',
    'last"',
    'GuestMemoryBalloon=0',
    '',
  ].join('\n');
  // The second line of a description may look like a field; inside quotes it is not one, where quotes are escaped.
  const escaped = text.replace('UUID="no"', 'UUID=\\"no\\"');
  assert.deepEqual(
    [...parseMachineReadable(escaped)],
    [
      ['name', 'say "hi"'],
      ['CfgFile', 'C:\\VMs\\a=b\\a.vbox'],
      ['memory', '2048'],
      ['SATA Controller-0-0', '/x/y z.vdi'],
      ['Forwarding(0)', 'ssh,tcp,127.0.0.1,2222,,22'],
      ['teleporteraddress', ''],
      ['description', 'first\nUUID="no"\nlast'],
      ['GuestMemoryBalloon', '0'],
    ],
  );
  assert.equal(parseMachineReadable(escaped.replaceAll('\n', '\r\n')).get('memory'), '2048');
});

test('what an old VirtualBox prints without escapes is read as far as it can be', () => {
  const fields = parseMachineReadable('name="say "hi" now"\nCfgFile="C:\\VMs\\a.vbox"\n');
  assert.deepEqual([...fields.values()], ['say "hi" now', 'C:\\VMs\\a.vbox']);
});

test('every text comes back as it was quoted', () => {
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const text = fc.string().filter((value) => !/[\r\u2028\u2029]/.test(value));
  fc.assert(
    fc.property(text, text, (first, second) => {
      const fields = parseMachineReadable(`a=${quote(first)}\nb c=7\n"d e"=${quote(second)}\n`);
      assert.deepEqual([fields.get('a'), fields.get('b c'), fields.get('d e')], [first, '7', second]);
    }),
  );
});

test('a VM is what its fields say', () => {
  const info = parseVmInfo(
    [
      'name="n1"',
      'UUID="3e7031fc-3062-45f1-835c-92541bc9cbd3"',
      'CfgFile="/vms/n1/n1.vbox"',
      'bootmenu="messageandmenu"',
      'boot1="net"',
      'boot2="disk"',
      'VMState="poweroff"',
      'storagecontrollername0="SATA Controller"',
      'storagecontrollername1="IDE"',
      '"SATA Controller-0-0"="/vms/n1/n1.vdi"',
      '"SATA Controller-ImageUUID-0-0"="aa"',
      '"IDE-0-0"="emptydrive"',
      '"IDE-1-0"="none"',
      'macaddress2="0800272FFFFF"',
      'macaddress10="080027000010"',
      'macaddress1="080027F2D8BF"',
    ].join('\n'),
  );
  assert.deepEqual(info, {
    id: '3E7031FC-3062-45F1-835C-92541BC9CBD3',
    name: 'n1',
    state: 'poweroff',
    settingsFile: '/vms/n1/n1.vbox',
    boot: ['net', 'disk'],
    macs: ['08:00:27:f2:d8:bf', '08:00:27:2f:ff:ff', '08:00:27:00:00:10'],
    controllers: ['SATA Controller', 'IDE'],
    media: new Map([['SATA Controller-0-0', '/vms/n1/n1.vdi']]),
  });
  assert.throws(() => parseVmInfo('Usage: VBoxManage'), { code: 502 });
});

test('a VM whose settings cannot be read is an error that says so, and what to do', () => {
  const text = 'name="<inaccessible>"\nUUID="3e7031fc-3062-45f1-835c-92541bc9cbd3"\n';
  assert.throws(() => parseVmInfo(text), { code: 409, message: /cannot read .*unregistervm 3e7031fc-/ });
});

test('a list of VMs has names of all kinds', () => {
  const list = [
    'WARNING: The vboxdrv kernel module is not loaded.',
    '"n1" {3e7031fc-3062-45f1-835c-92541bc9cbd3}',
    '"Windows 10 "old"" {4e7031fc-3062-45f1-835c-92541bc9cbd3}\r',
    '"<inaccessible>" {5e7031fc-3062-45f1-835c-92541bc9cbd3}',
    '',
  ].join('\n');
  assert.deepEqual(
    parseVmList(list).map(({ name, id }) => `${name} ${id.slice(0, 8)}`),
    ['n1 3E7031FC', 'Windows 10 "old" 4E7031FC', '<inaccessible> 5E7031FC'],
  );
});

test('what vboxmanage and sudo say is told apart, and quoted without what says nothing', () => {
  const cases: [string, string, number][] = [
    ["VBoxManage: error: Could not find a registered machine named 'x'", 'unknown VM', 404],
    ["VBoxManage: error: Cannot unregister the machine 'x' while it is locked", 'locked', 409],
    ["VBoxManage: error: The machine 'x' is already locked for a session (or being unlocked)", 'locked', 409],
    [
      "VBoxManage: error: The machine 'x' is already locked by a session (or being locked or unlocked)",
      'locked',
      409,
    ],
    ["VBoxManage: error: Medium '/x.vdi' is locked for reading by another task", 'locked', 409],
    ["VBoxManage: error: Machine settings file '/x.vbox' already exists", 'settings exist', 409],
    ["VBoxManage: error: VDI: cannot create image '/x.vdi' (VERR_ALREADY_EXISTS)", 'exists', 409],
    ["VBoxManage: error: Storage controller named 'SATA Controller' already exists", 'exists', 409],
    ['sudo: a password is required', 'other', 400],
    ['sudo: unknown user: nobody2', 'other', 400],
    ["Sorry, user drp is not allowed to execute '/usr/bin/vboxmanage list vms' as me on h.", 'other', 400],
    ['drp is not in the sudoers file.', 'other', 400],
    // As sudo-rs has it (src/common/error.rs).
    ['sudo: interactive authentication is required', 'other', 400],
    ["sudo: user 'nobody2' not found", 'other', 400],
    ["sudo: I'm sorry drp. I'm afraid I can't do that", 'other', 400],
    ["sudo: Sorry, user drp is not allowed to execute 'vboxmanage' as me on h.", 'other', 400],
    ['VBoxManage: error: VT-x is disabled in the BIOS', 'other', 409],
  ];
  for (const [text, kind, code] of cases) {
    const failure = failureOf('x', `0%...10%...\nProgress state: X\n${text}\nDetails: code X\n`, 1);
    assert.deepEqual([failure.kind, failure.code], [kind, code], text);
    assert.equal(failure.messages.length, 2);
    assert.ok(failure.messages[1]?.endsWith(text.replace('VBoxManage: error: ', '')));
  }
  assert.match(failureOf('startvm', '', null).message, /vboxmanage startvm was ended by a signal/);
  assert.match(failureOf('startvm', '', 3).message, /vboxmanage startvm failed with code 3/);
});
