import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LATER, laterCode, laterText } from '../../lib/ipmi/later.ts';
import { ModelError } from '../../lib/models/index.ts';
import { failureOf, growingLimit } from '../support/growing-limit.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';
import { actor, ipmitoolMode } from './request.ts';

const bmc = { address: '10.0.0.1', username: 'admin', password: 's3cr3t' };

/** The command in a call, without the options before it. */
function commandOf(args: readonly string[]): string {
  return args
    .slice(args.indexOf('-R') + 2)
    .join(' ')
    .replace(/^-v /, '');
}

/** A shell script that fails so many times with a text on stderr, and then goes on. */
function failing(times: number, text: string, then: string): string {
  return `echo x >> tries; [ $(wc -l < tries) -le ${times} ] && { echo "${text}" >&2; exit 1; }; ${then}`;
}

const SESSION = 'Error in open session response message : insufficient resources for session';

describe('mode ipmitool: "not ready" is not "no"', { concurrency: 4 }, () => {
  for (const text of [
    SESSION,
    'Get Chassis Power Status failed: Node busy',
    'Get Chassis Power Status failed: Unspecified error',
    'Get Chassis Power Status failed: Timeout',
    'Get Chassis Power Status failed: BMC initialization in progress',
    'Get Chassis Power Status failed: Device firmeware in update mode',
    'Error: Received an Unexpected Open Session Response',
    'Unable to send RAW command (channel=0x0 netfn=0x0 lun=0x0 cmd=0x1 rsp=0xc0): Node busy',
  ]) {
    test(`a question is asked again: ${text}`, async () => {
      await using fake = await fakeIpmitool(failing(2, text, 'echo "Chassis Power is on"'));
      const act = actor(ipmitoolMode({ path: fake.path }), bmc);
      assert.equal(await act('powerstatus'), 'Chassis Power is on\n');
      assert.equal((await fake.calls()).length, 3);
    });
  }

  test('power that was not switched is switched again; power that may have been is looked at first', async () => {
    for (const [text, state, commands] of [
      ['failed: Node busy', 'off', ['chassis power on', 'chassis power on']],
      [SESSION, 'off', ['chassis power on', 'chassis power on']],
      ['failed: Timeout', 'on', ['chassis power on', 'chassis power status']],
      ['failed: Timeout', 'off', ['chassis power on', 'chassis power status', 'chassis power on']],
    ] as const) {
      await using fake = await fakeIpmitool(
        `case "$*" in *status) echo "Chassis Power is ${state}"; exit 0 ;; esac
        ${failing(1, text, 'echo "Chassis Power Control: Up/On"')}`,
      );
      const act = actor(ipmitoolMode({ path: fake.path }), bmc);
      assert.match(String(await act('poweron')), /Up\/On|is on/);
      assert.deepEqual((await fake.calls()).map(commandOf), commands);
    }
    await using fake = await fakeIpmitool(
      'echo "Set Chassis Power Control to Cycle failed: Timeout" >&2; exit 1',
    );
    await assert.rejects(actor(ipmitoolMode({ path: fake.path }), bmc)('powercycle'), { code: 502 });
    assert.equal((await fake.calls()).length, 1);
  });

  test('the error at the end says what the BMC said last, and for how long; 0 tries nothing again', async () => {
    await using fake = await fakeIpmitool(`echo "${SESSION}" >&2; exit 1`);
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    await growingLimit(1, async (seconds) => {
      const error = await failureOf(act('powerstatus', { 'ipmi/retry-time': seconds }));
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, 503);
      assert.match(error.message, /has no session free\n.*insufficient resources/);
      return /\n +it was tried again for \d+(\.\d)? s \(ipmi\/retry-time\)$/.exec(error.message) ?? undefined;
    });
    const before = (await fake.calls()).length;
    await assert.rejects(act('powerstatus', { 'ipmi/retry-time': 0 }), { message: /for session$/ });
    assert.equal((await fake.calls()).length, before + 1);
  });

  test('an abort ends it at once', async () => {
    await using fake = await fakeIpmitool(`echo "${SESSION}" >&2; exit 1`);
    const abort = new AbortController();
    const act = actor(ipmitoolMode({ path: fake.path, retryPauseMs: 600_000 }), bmc);
    const call = act('powerstatus', { 'ipmi/retry-time': 3600 }, abort.signal);
    setTimeout(() => abort.abort(), 300);
    await assert.rejects(call, { code: 503, message: /the call was cancelled/ });
  });

  test('the table has a source for each row, and knows codes and words alike', () => {
    for (const { source } of LATER) assert.ok(source.length > 5);
    assert.equal(laterCode(0xc0), laterText('Get Device ID command failed: Node busy'));
    assert.equal(laterCode(0xd2)?.outcome, 'not done');
    assert.equal(laterCode(0xd4), undefined);
    assert.equal(laterText('Insufficient privilege level'), undefined);
  });
});

describe('mode ipmitool: logins', { concurrency: 4 }, () => {
  const OPERATOR_ONLY = `case "$*" in *'-L OPERATOR'*) echo "Chassis Power is on"; exit 0 ;; esac
    echo "RAKP 2 message indicates an error : unauthorized role or privilege level requested" >&2; exit 1`;

  test('a user who is no administrator is let in as an operator, from then on at once', async () => {
    await using fake = await fakeIpmitool(OPERATOR_ONLY);
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    assert.equal(await act('powerstatus'), 'Chassis Power is on\n');
    assert.equal(await act('powerstatus'), 'Chassis Power is on\n');
    const levels = (await fake.calls()).map((args) => args[args.indexOf('-L') + 1]);
    assert.deepEqual(
      levels.map((level) => level === 'OPERATOR'),
      [false, true, true],
    );
  });

  test('ipmi/privilege-level is asked for alone', async () => {
    await using fake = await fakeIpmitool(OPERATOR_ONLY);
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    await assert.rejects(act('powerstatus', { 'ipmi/privilege-level': 'administrator' }), {
      code: 403,
      message: /does not give this user enough privilege/,
    });
    await act('powerstatus', { 'ipmi/privilege-level': 'operator' });
    assert.equal((await fake.calls()).length, 2);
    await assert.rejects(act('powerstatus', { 'ipmi/privilege-level': 'root' }), { code: 400 });
  });

  test('K_g goes by the environment, as text or in hexadecimal, and not by the command line', async () => {
    for (const [key, expected] of [
      ['bmc-key-7', 'bmc-key-7'],
      ['0x6b6579', 'key'],
    ] as const) {
      await using fake = await fakeIpmitool('echo "Chassis Power is $IPMI_KGKEY"');
      const act = actor(ipmitoolMode({ path: fake.path }), bmc);
      assert.equal(await act('powerstatus', { 'ipmi/kg-key': key }), `Chassis Power is ${expected}\n`);
      const [args = []] = await fake.calls();
      assert.ok(args.includes('-K') && !args.join(' ').includes(expected));
    }
    await using fake = await fakeIpmitool('');
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    await assert.rejects(act('powerstatus', { 'ipmi/kg-key': '0x00ff' }), {
      code: 501,
      message: /ipmi\/kg-key/,
    });
    await assert.rejects(act('powerstatus', { 'ipmi/kg-key': '0xabc' }), {
      code: 400,
      message: /odd number/,
    });
    await assert.rejects(act('powerstatus', { 'ipmi/kg-key': 'x'.repeat(21) }), { code: 400 });
    assert.deepEqual(await fake.calls(), []);
  });
});

describe('mode ipmitool: boot flags are read back', { concurrency: 4 }, () => {
  /** A BMC that keeps what is set raw, and not what ipmitool sets. */
  const RAW_ONLY = `case "$*" in
    *'bootparam get 5') echo "Boot parameter data: $(cat flags 2>/dev/null || echo 0000000000)" ;;
    *'raw 0x00 0x08 0x05'*) set -- $(echo "$*" | sed 's/.*0x05 //; s/0x//g'); echo "$1$2$3$4$5" > flags ;;
    *'mc info') echo "Manufacturer ID           : $(cat maker 2>/dev/null || echo 674)" ;;
    *bootdev*) echo 'Set Boot Device to it' ;;
    esac`;

  test('what ipmitool could not set is set byte by byte', async () => {
    await using fake = await fakeIpmitool(RAW_ONLY);
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    await act('nextbootpxe');
    assert.partialDeepStrictEqual(await act('getBoot'), { device: 'pxe', mode: 'uefi', persistent: false });
    await act('forcebootdisk', { 'detected-bios-mode': 'legacy-bios' });
    assert.partialDeepStrictEqual(await act('getBoot'), {
      device: 'disk',
      mode: 'legacy-bios',
      persistent: true,
    });
  });

  test('what the BMC does not keep is an error that says what it has', async () => {
    await using fake = await fakeIpmitool(`case "$*" in
      *'bootparam get 5') echo 'Boot parameter data: a008000000' ;; *bootdev*) echo 'Set Boot Device to it' ;; esac`);
    await assert.rejects(actor(ipmitoolMode({ path: fake.path }), bmc)('nextbootpxe'), {
      code: 502,
      message: /asked for pxe, uefi, the next start; the BMC has disk, uefi, the next start$/,
    });
  });

  for (const [action, flags] of [
    ['nextbootdisk', 'a024000000'],
    ['forcebootdisk', 'e024000000'],
  ] as const) {
    test(`Supermicro: ${action} under UEFI has a selector of its own`, async () => {
      await using fake = await fakeIpmitool(RAW_ONLY);
      await fake.put('maker', '10876');
      const act = actor(ipmitoolMode({ path: fake.path }), bmc);
      await act(action);
      assert.partialDeepStrictEqual(await act('getBoot'), { data: flags });
      await act(action, { 'detected-bios-mode': 'legacy-bios' });
      assert.partialDeepStrictEqual(await act('getBoot'), { device: 'disk' });
    });
  }
});

describe('mode ipmitool: tables are counted', { concurrency: 4 }, () => {
  const ROW = 'Fan 1 | 41h | ok | 29.1 | 900 RPM';
  const EVENT = '1 | 01/02/26 | 03:04:05 | Fan Fan 1 | Lower Critical | Asserted';

  test('an SDR that ends early says so in its last entry', async () => {
    for (const [count, rows, end, warned] of [
      [218, 12, 'exit 0', true],
      [218, 3, 'exit 0', true],
      [10, 9, "echo 'Get SDR 000a command failed: Timeout' >&2; exit 1", true],
      [10, 8, 'exit 0', false],
    ] as const) {
      await using fake = await fakeIpmitool(`case "$*" in
        *'sdr info') echo 'Record Count : ${count}' ;;
        *'sdr elist') for i in $(seq ${rows}); do echo '${ROW}'; done; ${end} ;; esac`);
      const found = (await actor(ipmitoolMode({ path: fake.path }), bmc)('sensors')) as object[];
      assert.equal(found.length, rows + (warned ? 1 : 0));
      if (warned)
        assert.match(JSON.stringify(found.at(-1)), new RegExp(`"Warnings":\\["${rows} of ${count} `));
    }
  });

  test('a SEL that ends early has Warnings', async () => {
    for (const [entries, rows, end, warned] of [
      [7, 3, 'exit 0', true],
      [7, 7, 'exit 0', false],
      [7, 6, "echo 'Get SEL Entry 7 command failed: Node busy' >&2; exit 1", true],
    ] as const) {
      await using fake = await fakeIpmitool(`case "$*" in
        *'sel info') echo 'Entries : ${entries}' ;;
        *'sel elist') for i in $(seq ${rows}); do echo '${EVENT}'; done; ${end} ;; esac`);
      const { events, Warnings } = (await actor(ipmitoolMode({ path: fake.path }), bmc)('sel')) as {
        events: unknown[];
        Warnings?: string[];
      };
      assert.equal(events.length, rows);
      assert.equal(Warnings !== undefined, warned);
      if (warned) assert.match(String(Warnings), new RegExp(`^${rows} of ${entries} entries were read`));
    }
  });
});
