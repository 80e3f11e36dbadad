import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeIpmitool } from './fake-ipmitool.ts';
import { actor, ipmitoolMode } from './request.ts';

const bmc = { address: '10.0.0.1', username: 'admin', password: 's3cr3t' };
const KEEP = 'chassis bootparam set bootflag none options=no-power,no-reset,no-watchdog,no-timeout';

const MAKER = 'mc info';
const LOOK = 'chassis bootparam get 5';

/** What the reference plugin runs, by action and detected-bios-mode, and the questions besides. */
const COMMANDS: [action: string, mode: string, commands: string[]][] = [
  ['powerstatus', 'uefi', ['chassis power status']],
  ['poweron', 'uefi', ['chassis power on']],
  ['poweroff', 'uefi', ['chassis power off']],
  ['powercycle', 'uefi', ['chassis power cycle']],
  ['nextbootpxe', 'uefi', [KEEP, 'chassis bootdev pxe options=efiboot', LOOK]],
  ['nextbootdisk', 'uefi', [KEEP, MAKER, 'chassis bootdev disk options=efiboot', LOOK]],
  ['nextbootcd', 'uefi', [KEEP, 'chassis bootdev cdrom options=efiboot', LOOK]],
  ['forcebootpxe', 'uefi', [KEEP, 'raw 0x00 0x08 0x05 0xe0 0x04 0x00 0x00 0x00', LOOK]],
  ['forcebootdisk', 'uefi', [KEEP, MAKER, 'raw 0x00 0x08 0x05 0xe0 0x08 0x00 0x00 0x00', LOOK]],
  ['nextbootpxe', 'legacy-bios', [KEEP, 'chassis bootdev pxe', LOOK]],
  ['nextbootdisk', 'legacy-bios', [KEEP, 'chassis bootdev disk', LOOK]],
  ['nextbootcd', 'legacy-bios', [KEEP, 'chassis bootdev cdrom', LOOK]],
  ['forcebootpxe', 'legacy-bios', [KEEP, 'chassis bootdev pxe options=persistent', LOOK]],
  ['forcebootdisk', 'legacy-bios', [KEEP, 'chassis bootdev disk options=persistent', LOOK]],
  ['identify', 'uefi', ['chassis identify 60']],
];

/** The command in a call, without the options before it. */
function commandOf(args: string[]): string {
  return args
    .slice(args.indexOf('-R') + 2)
    .join(' ')
    .replace(/^-v /, '');
}

for (const [action, mode, commands] of COMMANDS) {
  test(`${action} in ${mode} mode runs what the reference runs, and results in what it says of the change`, async () => {
    await using fake = await fakeIpmitool('echo call >> count; echo "Set Boot Device to $(wc -l < count)"');
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    const change = commands.filter((command) => command !== LOOK).length;
    // A raw command says nothing of its own.
    const isRaw = commands.some((command) => command.startsWith('raw '));
    const said = isRaw ? action.replace('forceboot', '') : change;
    assert.equal(await act(action, { 'detected-bios-mode': mode }), `Set Boot Device to ${said}\n`);
    assert.deepEqual((await fake.calls()).map(commandOf), commands);
  });
}

test('where ipmitool does not take the options that keep boot flags, they are set raw, if the BMC lets us', async () => {
  await using fake = await fakeIpmitool(`
    case "$*" in *options=no-*) echo 'Invalid option: no-power' >&2 ;; *'raw 0x00 0x08 0x03'*) exit 1 ;;
    *bootdev*) echo 'Set Boot Device to pxe' ;; esac`);
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  await act('nextbootpxe');
  assert.deepEqual((await fake.calls()).map(commandOf), [
    KEEP,
    'raw 0x00 0x08 0x03 0x0f',
    'chassis bootdev pxe options=efiboot',
    LOOK,
  ]);
});

test('a cycle of what is off switches it on', async () => {
  await using fake = await fakeIpmitool(`
    case "$*" in
    *'power cycle') echo 'Set Chassis Power Control to Cycle failed: Command not supported in present state' >&2; exit 1 ;;
    *'power on') echo 'Chassis Power Control: Up/On' ;;
    esac`);
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  assert.equal(await act('powercycle'), 'Chassis Power Control: Up/On\n');
  assert.deepEqual((await fake.calls()).map(commandOf), ['chassis power cycle', 'chassis power on']);
});

test('a BMC that refuses to do what is done already is no failure', async () => {
  await using fake = await fakeIpmitool(`
    case "$*" in
    *'power status') echo 'Chassis Power is on' ;;
    *) echo 'Set Chassis Power Control failed: Command not supported in present state' >&2; exit 1 ;;
    esac`);
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  assert.equal(await act('poweron'), 'Chassis Power is on\n');
  await assert.rejects(act('poweroff'), { code: 409, message: /cannot do this in its present state/ });
});

test('when boot flags cannot be kept for another reason, the boot device is not set', async () => {
  await using fake = await fakeIpmitool('exit 1');
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  await assert.rejects(act('nextbootpxe'), { code: 502 });
  assert.equal((await fake.calls()).length, 1);
});

test('sel asks for no events where there are none, and sensors leave an empty repository alone', async () => {
  await using fake = await fakeIpmitool(`
    case "$*" in
    *'sel info') echo 'Entries          : 0' ;;
    *'sdr info') echo 'Record Count                        : 0' ;;
    *) exit 1 ;;
    esac`);
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  assert.deepEqual(await act('sel'), { info: { Entries: '0' }, events: [] });
  assert.deepEqual(await act('sensors'), []);
});

test('records that cannot be read are an error, not an empty list', async () => {
  await using fake = await fakeIpmitool(`
    case "$*" in
    *'sel info') echo 'Entries          : 7' ;;
    *'sdr info') echo 'Record Count                        : 9' ;;
    *) echo 'Get SEL Entry 1 command failed' >&2 ;;
    esac`);
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  await assert.rejects(act('sel'), { code: 502, message: /sel elist: read none of 7 records/ });
  await assert.rejects(act('sensors'), { code: 502, message: /sdr elist: read none of 9 records/ });
});

test('sensors of a BMC with no repository come from its devices', async () => {
  await using fake = await fakeIpmitool(`
    case "$*" in
    *'sdr info') echo 'Unable to open SDR'; echo 'Invalid command' >&2; exit 1 ;;
    *'sdr elist') echo 'Fan 1 | 41h | ok | 29.1 | 900 RPM' ;;
    esac`);
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  assert.partialDeepStrictEqual(await act('sensors'), [{ name: 'Fan 1', value: 900, unit: 'RPM' }]);
});

test('output that is not an answer is an error', async () => {
  await using fake = await fakeIpmitool('echo nonsense');
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  await assert.rejects(act('getBoot'), { code: 502, message: /printed no boot flags: nonsense/ });
  await assert.rejects(act('powerstatus', { 'ipmi/result-format': 'json' }), {
    code: 502,
    message: /printed no power state: nonsense/,
  });
});

test('bad params are refused by name, before anything is run', async () => {
  await using fake = await fakeIpmitool('exit 0');
  const act = actor(ipmitoolMode({ path: fake.path }), bmc);
  for (const [command, params, message] of [
    ['poweron', { 'ipmi/address': 7 }, /ipmi\/address: expected a string, found a number/],
    ['poweron', { 'ipmi/username': null }, /ipmi\/username: expected a string, found null/],
    ['poweron', { 'ipmi/password': ['s3cr3t'] }, /ipmi\/password: expected a string, found an array$/],
    ['poweron', { 'ipmi/password': undefined }, /ipmi\/password: expected a string, found nothing/],
    ['poweron', { 'ipmi/mode': 1 }, /ipmi\/mode: expected a string/],
    [
      'poweron',
      { 'ipmi/port-ipmitool': '623' },
      /ipmi\/port-ipmitool: expected a whole number.*found a string/,
    ],
    ['poweron', { 'ipmi/port-ipmitool': 65_536 }, /ipmi\/port-ipmitool: .* found 65536/],
    ['poweron', { 'ipmi/cipher-suite': 99 }, /ipmi\/cipher-suite: .* found 99/],
    ['poweron', { 'ipmi/result-format': 'xml' }, /ipmi\/result-format: expected text or json, found "xml"/],
    ['identify', { 'ipmi/identify-duration': 256 }, /ipmi\/identify-duration: .* found 256/],
    ['identify', { 'ipmi/identify-duration': -1 }, /ipmi\/identify-duration: .* found -1/],
    ['nextbootpxe', { 'detected-bios-mode': 'bios' }, /detected-bios-mode: expected uefi or legacy-bios/],
  ] as const) {
    await assert.rejects(act(command, params), { code: 400, message });
  }
  assert.deepEqual(await fake.calls(), []);
});
