import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, test } from 'node:test';
import { Racadm, type RacadmOptions } from '../../cmd/ipmi/racadm/racadm.ts';
import { racadmDriver } from '../../cmd/ipmi/racadm.ts';
import { ModelError } from '../../lib/models/index.ts';
import { type FakeRacadm, fakeRacadm, type IdracState } from '../support/fake-racadm/index.ts';
import { growingLimit } from '../support/growing-limit.ts';
import { lives } from '../support/lives.ts';
import { QUICK_START } from '../support/quick-start.ts';
import { until } from '../support/until.ts';
import { actor } from './request.ts';

const HOST = '10.9.8.7';

/** Calls actions in mode racadm on the iDRAC at HOST, which has `state`. */
async function idracAt(fake: FakeRacadm, state: Partial<IdracState> = {}, options: RacadmOptions = {}) {
  const { username, password } = { username: 'root', password: 'calvin', ...state };
  await fake.put(HOST, { username, password, ...state });
  return actorFor(fake, { address: HOST, username, password }, options);
}

function actorFor(
  fake: FakeRacadm,
  bmc: { address: string; username: string; password: string },
  options: RacadmOptions = {},
) {
  const driver = racadmDriver(new Racadm({ path: fake.path, ...options }));
  const act = actor(new Map([['racadm', driver]]), bmc);
  return (command: string, params: Record<string, unknown> = {}, signal?: AbortSignal) =>
    act(command, { 'ipmi/mode': 'racadm', ...params }, signal);
}

describe('mode racadm', { concurrency: 4 }, () => {
  test('power actions change and tell the power state, in the words of the tool', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake);
    assert.equal(await act('powerstatus'), 'Server power status: OFF\n');
    assert.equal(await act('poweron'), 'Server power operation successful\n');
    assert.equal((await fake.idrac(HOST)).power, 'ON');
    assert.equal(await act('powercycle'), 'Server power operation successful\n');
    assert.equal(await act('powerstatus'), 'Server power status: ON\n');
    assert.equal(await act('poweroff'), 'Server power operation successful\n');
    assert.deepEqual((await fake.idrac(HOST)).changes, ['power ON', 'power OFF', 'power ON', 'power OFF']);
  });

  test('a server that is in the state already is no failure, and one that is off is cycled by starting it', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake, { power: 'OFF' });
    assert.equal(await act('poweroff'), 'Server is already powered OFF.\n');
    assert.equal(await act('powercycle'), 'Server power operation successful\n');
    assert.equal((await fake.idrac(HOST)).power, 'ON');
    assert.equal(await act('poweron'), 'Server is already powered ON.\n');
  });

  test('with ipmi/result-format json, power actions tell the state, the driver and the time', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake);
    for (const [command, power] of [
      ['poweron', 'on'],
      ['powerstatus', 'on'],
      ['poweroff', 'off'],
    ] as const) {
      const { tookMs, ...rest } = (await act(command, { 'ipmi/result-format': 'json' })) as {
        tookMs: number;
      };
      assert.deepEqual(rest, { power, driver: 'racadm' });
      assert.ok(Number.isInteger(tookMs));
    }
  });

  for (const mode of ['uefi', 'legacy-bios']) {
    test(`boot devices are set in ${mode} mode, for the next start and for all`, async () => {
      await using fake = await fakeRacadm();
      const act = await idracAt(fake);
      const modified = '[Key=iDRAC.Embedded.1#ServerBoot.1]\nObject value modified successfully\n';
      for (const [command, firstBootDevice, bootOnce] of [
        ['nextbootpxe', 'PXE', 'Enabled'],
        ['nextbootdisk', 'HDD', 'Enabled'],
        ['nextbootcd', 'VCD-DVD', 'Enabled'],
        ['forcebootpxe', 'PXE', 'Disabled'],
        ['forcebootdisk', 'HDD', 'Disabled'],
      ] as const) {
        assert.equal(await act(command, { 'detected-bios-mode': mode }), modified);
        assert.partialDeepStrictEqual(await fake.idrac(HOST), { firstBootDevice, bootOnce });
      }
    });
  }

  test('identify makes the light blink, and 0 seconds stop it', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake);
    assert.equal(await act('identify'), 'RAC0907: System ID LED blink on.\n');
    assert.equal(
      await act('identify', { 'ipmi/identify-duration': 0 }),
      'RAC0908: System ID LED blink off.\n',
    );
    assert.equal(
      await act('identify', { 'ipmi/identify-duration': 3600 }),
      'RAC0907: System ID LED blink on.\n',
    );
    assert.deepEqual((await fake.idrac(HOST)).changes, ['blinking true', 'blinking false', 'blinking true']);
  });

  test('user name and password are answers to its questions, and on no command line', async () => {
    await using fake = await fakeRacadm();
    for (const password of ['calvin', ' $(id) "\'\\ %s ', 'grüße 密码', '-p', '']) {
      const act = await idracAt(fake, { username: 'dom\\admin', password });
      await act('nextbootpxe');
    }
    for (const args of await fake.calls()) assert.deepEqual(args.slice(0, 3), ['-r', HOST, '-i']);
    assert.deepEqual((await fake.calls()).slice(0, 2), [
      ['-r', HOST, '-i', 'set', 'iDRAC.ServerBoot.BootOnce', 'Enabled'],
      ['-r', HOST, '-i', 'set', 'iDRAC.ServerBoot.FirstBootDevice', 'PXE'],
    ]);
  });

  test('racadm gets no more of the environment than it needs', async () => {
    await using fake = await fakeRacadm();
    await (await idracAt(fake))('powerstatus');
    const [start] = await fake.notes();
    assert.ok(start?.event === 'start');
    // Node.js hands on the last, when coverage is measured.
    const own = [
      'FAKE_RACADM_FOLDER',
      'PWD',
      'OLDPWD',
      'SHLVL',
      '_',
      'NODE_V8_COVERAGE',
      ...Object.keys(QUICK_START),
    ];
    const given = start.env.filter((name) => !own.includes(name) && name !== 'TZ').sort();
    assert.deepEqual(given, ['LC_ALL', 'PATH']);
  });

  test('addresses, host names and ports reach the tool as it wants them', async () => {
    await using fake = await fakeRacadm();
    for (const [address, port, target] of [
      ['idrac-7.example.com', undefined, 'idrac-7.example.com'],
      ['idrac-7.example.com', 0, 'idrac-7.example.com'],
      ['10.0.0.1', 8443, '10.0.0.1:8443'],
      ['2001:db8::7', undefined, '2001:db8::7'],
      ['[2001:db8::7]', undefined, '2001:db8::7'],
      ['2001:db8::7', 8443, '[2001:db8::7]:8443'],
    ] as const) {
      await fake.put(target, {});
      const act = actorFor(fake, { address, username: 'root', password: 'calvin' });
      assert.equal(await act('powerstatus', { 'ipmi/port-racadm': port }), 'Server power status: OFF\n');
      assert.equal((await fake.calls()).at(-1)?.[1], target);
    }
  });

  for (const [fault, code, message] of [
    ['sessions', 403, /BMC 10\.9\.8\.7:443: refuses the user name or password .*, or has no session free/],
    ['privilege', 403, /does not give this user enough privilege \(ipmi\/username\)/],
    ['license', 501, /lacks the license for this\n.*racadm: ERROR: LIC501: A required license is missing/],
    ['busy', 503, /is busy\n.*racadm: ERROR: The iDRAC is not ready/],
    ['unknown', 502, /racadm failed with code 1\n.*racadm: ERROR: RAC4711: The flux capacitor/],
    ['echo', 502, /racadm failed with code 1\n.*racadm: ERROR: Not done for root with \*\*\*/],
  ] as const) {
    test(`an iDRAC that refuses is an error with its words: ${fault}`, async () => {
      await using fake = await fakeRacadm();
      const act = await idracAt(fake, { fault, password: 'pa55-word' });
      await assert.rejects(act('nextbootpxe'), (error) => {
        assert.ok(error instanceof ModelError);
        assert.deepEqual([error.code, error.model, error.key], [code, 'plugin', 'ipmi']);
        assert.match(error.message, message);
        assert.ok(!JSON.stringify(error).includes('pa55-word'));
        return true;
      });
    });
  }

  test('a wrong password is an error that names the params, and changes nothing', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake);
    for (const wrong of [{ 'ipmi/password': 'hobbes' }, { 'ipmi/username': 'nobody' }]) {
      await assert.rejects(act('poweron', wrong), {
        code: 403,
        messages: [
          'BMC 10.9.8.7:443: refuses the user name or password (ipmi/username, ipmi/password), or has no session free',
          'racadm: ERROR: Login failed - invalid username or password',
        ],
      });
    }
    assert.deepEqual((await fake.idrac(HOST)).changes, []);
  });

  test('an iDRAC that cannot be reached is an error that names the params', async () => {
    await using fake = await fakeRacadm();
    const act = actorFor(fake, { address: '10.0.0.99', username: 'root', password: 'calvin' });
    await assert.rejects(act('powerstatus'), {
      code: 504,
      messages: [
        'BMC 10.0.0.99:443: does not answer (ipmi/address, ipmi/port-racadm)',
        'racadm: ERROR: Unable to connect to RAC at specified IP address.',
      ],
    });
  });

  test('an error with exit code 0 is an error', async () => {
    await using fake = await fakeRacadm();
    const racadm = new Racadm({ path: fake.path });
    await fake.put(HOST, { fault: 'quiet-errors' });
    const idrac = { host: HOST, port: 0, username: 'root', password: 'calvin' };
    await assert.rejects(
      racadm.withIdrac(idrac, new AbortController().signal, (call) => call(['frobnicate'])),
      { code: 501, message: /does not support this command\n.*Invalid subcommand specified/ },
    );
  });

  test('values that racadm cannot be given are refused before it runs, and passwords are not quoted', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake);
    for (const [name, value] of [
      ['ipmi/address', ''],
      ['ipmi/address', '-S'],
      ['ipmi/address', '10.0.0.1 -S'],
      ['ipmi/address', '10.0.0.1/x'],
      ['ipmi/address', 'root@10.0.0.1'],
      ['ipmi/address', 'fe80::1%eth0'],
      ['ipmi/address', 7],
      ['ipmi/username', 'root\ncalvin'],
      ['ipmi/password', 'pa55\nword'],
      ['ipmi/password', undefined],
      ['ipmi/port-racadm', 65_536],
      ['ipmi/port-racadm', '443'],
      ['ipmi/identify-duration', -1],
    ] as const) {
      await assert.rejects(act('identify', { [name]: value }), (error) => {
        assert.ok(error instanceof ModelError, `${name} ${value}`);
        assert.equal(error.code, 400);
        assert.ok(error.messages[0]?.startsWith(`${name}: `));
        assert.ok(!error.message.includes('pa55'));
        return true;
      });
    }
    assert.deepEqual(await fake.calls(), []);
  });

  test('without racadm its mode is not available, and actions that it lacks are errors', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake, {}, { path: '/nonexistent' });
    await assert.rejects(act('powerstatus'), {
      code: 404,
      message: /Unavailable ipmi driver: racadm\n +racadm is not installed on the endpoint's machine/,
    });
    await assert.rejects((await idracAt(fake))('getBios'), {
      code: 404,
      messages: ['Action getBios not supported on ipmi driver: racadm'],
    });
  });

  test('an unknown power state is an error, which quotes no more than the start of it', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'racadm-'));
    const script = '#!/bin/sh\nhead -c 1000000 /dev/zero | tr "\\0" x\n';
    await writeFile(join(folder.path, 'racadm'), script, { mode: 0o755 });
    const driver = racadmDriver(new Racadm({ path: `${folder.path}${delimiter}${process.env.PATH}` }));
    const act = actor(new Map([['racadm', driver]]), { address: HOST, username: 'root', password: 'calvin' });
    await assert.rejects(act('powerstatus', { 'ipmi/mode': 'racadm', 'ipmi/result-format': 'json' }), {
      code: 502,
      message: /printed no power state: x{200}…$/,
    });
  });

  test('a racadm that hangs is ended at its limit, and an iDRAC that comes back answers again', async () => {
    await using fake = await fakeRacadm();
    await growingLimit(500, async (callLimitMs) => {
      const act = await idracAt(fake, { fault: 'hang' }, { callLimitMs });
      await assert.rejects(act('poweron'), {
        code: 504,
        message: new RegExp(
          `BMC 10\\.9\\.8\\.7:443: racadm was stopped after ${callLimitMs / 1000} s without a result`,
        ),
      });
      for (const { pid } of await fake.notes()) assert.ok(!lives(pid), `racadm ${pid} has ended`);
      await fake.put(HOST, { fault: undefined });
      return await act('poweron').catch(() => undefined);
    });
    assert.ok((await fake.notes()).length > 0);
  });

  test('an abort ends a running racadm, and its reason is the error', async () => {
    await using fake = await fakeRacadm();
    const act = await idracAt(fake, { fault: 'hang' });
    const stopping = new AbortController();
    const reason = new ModelError(503, 'Plugin ipmi is stopping');
    const outcome = assert.rejects(act('poweron', {}, stopping.signal), (error) => error === reason);
    await until(async () => (await fake.notes()).some(({ event }) => event === 'hanging'), 'racadm to hang');
    stopping.abort(reason);
    await outcome;
    for (const { pid } of await fake.notes()) assert.ok(!lives(pid), `racadm ${pid} has ended`);
  });

  test('calls to one iDRAC come one after the other, also those of one action, and hold up no other iDRAC', async () => {
    await using fake = await fakeRacadm();
    const racadm = new Racadm({ path: fake.path });
    const modes = new Map([['racadm', racadmDriver(racadm)]]);
    const on = (address: string) =>
      actor(modes, { address, username: 'root', password: 'calvin' }) as ReturnType<typeof actor>;
    const mode = { 'ipmi/mode': 'racadm' };
    await fake.put('10.0.0.1', { fault: 'hang' });
    await fake.put('10.0.0.2', {});
    const stopping = new AbortController();
    const stuck = assert.rejects(on('10.0.0.1')('poweron', mode, stopping.signal), { code: 503 });
    const boots = [on('10.0.0.2')('nextbootpxe', mode), on('10.0.0.2')('forcebootdisk', mode)];
    await Promise.all(boots);
    const { changes } = await fake.idrac('10.0.0.2');
    // Which of the two comes first depends on how long each looks for racadm.
    assert.deepEqual([changes.slice(0, 2), changes.slice(2)].map((steps) => steps.join(', ')).sort(), [
      'bootOnce Disabled, firstBootDevice HDD',
      'bootOnce Enabled, firstBootDevice PXE',
    ]);
    await until(async () => (await fake.notes()).some(({ event }) => event === 'hanging'), 'racadm to hang');
    stopping.abort();
    await stuck;
    let running = 0;
    for (const note of await fake.notes()) {
      if (note.event === 'start' && note.args[1] === '10.0.0.2') running += 1;
      if (note.event === 'end' && note.address === '10.0.0.2') running -= 1;
      assert.ok(running <= 1);
    }
  });
});
