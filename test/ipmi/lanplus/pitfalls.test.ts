import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IpmiSession } from '../../../lib/ipmi/lanplus/bmc-session.ts';
import { cipherSuite, hmac } from '../../../lib/ipmi/lanplus/cipher-suites.ts';
import { readOpenSessionResponse } from '../../../lib/ipmi/lanplus/open-session.ts';
import { packetKeys } from '../../../lib/ipmi/lanplus/protection.ts';
import { readRakp2, readRakp4 } from '../../../lib/ipmi/lanplus/rakp.ts';
import type { Timing } from '../../../lib/ipmi/lanplus/timing.ts';
import { Unsuitable } from '../../../lib/ipmi/lanplus/unsuitable.ts';
import { FakeBmc, type FakeBmcOptions } from '../../support/fake-bmc/fake-bmc.ts';
import type { Faults } from '../../support/fake-bmc/faults.ts';
import { refuse } from '../../support/fake-bmc/machine.ts';
import { until } from '../../support/until.ts';
import { Asker, LOST_ONCE, POWER, POWER_ON, SHORT } from './asker.ts';

/**
 * What real BMCs were seen to do to native clients, by the numbers of the project's list of such reports: each is named
 * with where it was reported.
 */

/** Patient unless given another timing: a test that waits for silence gives `SHORT`. */
async function withFaults(
  faults: Faults,
  check: (bmc: FakeBmc, asker: Asker) => Promise<void>,
  timing?: Partial<Timing>,
): Promise<void> {
  await withBmc({ faults }, check, timing);
}

async function withBmc(
  options: FakeBmcOptions,
  check: (bmc: FakeBmc, asker: Asker) => Promise<void>,
  timing?: Partial<Timing>,
): Promise<void> {
  await using bmc = await FakeBmc.start(options);
  using asker = new Asker(bmc, timing);
  await check(bmc, asker);
}

test('1 (gebn/bmc#49): K1 and K2 are made of 20 constant bytes with SHA-256, too', () => {
  const suite = cipherSuite(17) ?? assert.fail();
  const key = Buffer.alloc(32, 3);
  const { integrityKey, encryptionKey } = packetKeys(suite, key);
  assert.deepEqual(integrityKey, hmac('sha256', key, Buffer.alloc(20, 1)));
  assert.deepEqual(encryptionKey, hmac('sha256', key, Buffer.alloc(20, 2)).subarray(0, 16));
});

test('2 (xcat-core#7555): refusals with tag 0 and session id 0 are heard', async () => {
  for (const at of ['open', 'rakp2', 'rakp4'] as const) {
    await withFaults({ refusals: [{ at, status: 0x0d, isAnonymous: true }] }, async (bmc, asker) => {
      await assert.rejects(asker.isOn(), { code: at === 'open' ? 502 : 403 });
      assert.equal(bmc.counts.get('versions') ?? 0, 0, 'nothing was waited for');
    });
  }
});

test('3 (xcat-core#7555): the user is looked up by name only, so that its privilege need not be equal', async () => {
  await withBmc({ privilege: 3, faults: { wantsEqualPrivilege: true } }, async (_bmc, asker) => {
    assert.equal(await asker.isOn(), false);
  });
});

test('4 (gebn/bmc#62, #63): a whole block of padding is taken', async () => {
  await withFaults({ padsWholeBlock: true }, async (bmc, asker) => {
    // Of responses of any length, some have 16 bytes of padding.
    for (let length = 0; length < 16; length += 1) {
      bmc.machine.handlers.set('06/52', () => ({ code: 0, data: Buffer.alloc(length, 7) }));
      const reply = await asker.work((session) => session.request({ netFn: 0x06, command: 0x52 }));
      assert.deepEqual(reply.data, Buffer.alloc(length, 7));
    }
    assert.equal(bmc.counts.get('request'), 16);
  });
});

test('5 (xcat-core#7511): packets cut at any length are dropped, and throw nothing', () => {
  for (const id of [17, 3, 8]) {
    const suite = cipherSuite(id) ?? assert.fail();
    for (let length = 0; length < 80; length += 1) {
      const payload = Buffer.alloc(length);
      const { codeBytes, checkBytes } = suite.authentication;
      assert.equal(readOpenSessionResponse(payload)?.accepted !== undefined, length >= 36);
      assert.equal(readRakp2(payload, suite)?.proof !== undefined, length >= 40 + codeBytes);
      assert.equal(readRakp4(payload, suite)?.code !== undefined, length >= 8 + checkBytes);
    }
  }
});

test('6 (xcat-core#5189): a maximum privilege of 0 in the answer to Open Session is not looked at', async () => {
  await withFaults({ answersNoPrivilege: true }, async (bmc, asker) => {
    const reply = await asker.work((session) =>
      session.request(POWER_ON, { privilege: 'operator', once: true }),
    );
    assert.equal(reply.code, 0);
    assert.equal(bmc.machine.power, 'on');
  });
});

test('7 (xcat-core#7512): when RAKP 2 does not fit, suite 3 is tried, then the privilege in Open Session', async () => {
  await withFaults(
    { wrongRakp2Code: [17] },
    async (bmc, asker) => {
      assert.equal(await asker.isOn(), false);
      assert.equal(bmc.counts.get('open'), 2);
      bmc.forgetSessions();
      // What worked is tried first the next time.
      assert.equal(await asker.isOn(), false);
      assert.equal(bmc.counts.get('open'), 3);
    },
    { keptMs: [100] },
  );
  await withBmc({ suites: [3], faults: { computesWithOpenPrivilege: true } }, async (bmc, asker) => {
    assert.equal(await asker.isOn(), false);
    // 17 is refused, 3 does not fit, 3 with the privilege does.
    assert.equal(bmc.counts.get('open'), 3);
  });
});

test('8, 9, 10 (gebn/bmc#60, ipmitool#363, #199, tinkerbell#804): suites are tried, no list of them is asked for', async () => {
  await withBmc({ suites: [3] }, async (bmc, asker) => {
    assert.equal(await asker.isOn(), false);
    assert.deepEqual(bmc.received, ['00/01']);
    assert.equal(bmc.counts.get('versions') ?? 0, 0);
  });
});

test('8 (fakebmc): success with another suite than the one asked for is a refusal of it', async () => {
  await withFaults({ answersSuite: 3 }, async (bmc, asker) => {
    assert.equal(await asker.isOn(), false);
    assert.equal(bmc.counts.get('open'), 2);
    await assert.rejects(asker.isOn({ cipherSuite: 17 }), {
      code: 502,
      message: /does not offer the cipher suite/,
    });
  });
});

test('11 (gebn/bmc#44): the privilege is raised before what needs it, once, and not for a status', async () => {
  await withFaults({}, async (bmc, asker) => {
    await asker.isOn();
    assert.deepEqual(bmc.received, ['00/01']);
    const on = () =>
      asker.work((session) => session.request(POWER_ON, { privilege: 'operator', once: true }));
    assert.equal((await on()).code, 0);
    assert.equal((await on()).code, 0);
    assert.equal(bmc.received.filter((command) => command === '06/3b 04').length, 1);
    assert.equal(bmc.received.filter((command) => command === '00/02 01').length, 2);
  });
});

test('12 (python-ipmi#143, #168, warewulf#656): who is no administrator is an operator', async () => {
  const cases: [string, FakeBmcOptions][] = [
    ['0A in RAKP 2', { privilege: 3, faults: { refusesHighRole: true } }],
    ['0D in RAKP 2', { privilege: 3, faults: { refusals: [{ at: 'rakp2', status: 0x0d, times: 1 }] } }],
    ['81 when it is raised', { privilege: 3 }],
  ];
  for (const [what, options] of cases) {
    await withBmc(options, async (bmc, asker) => {
      const on = () =>
        asker.work((session) => session.request(POWER_ON, { privilege: 'operator', once: true }));
      assert.equal((await on()).code, 0, what);
      assert.equal(bmc.machine.power, 'on', what);
    });
  }
  await withBmc({ privilege: 2 }, async (bmc, asker) => {
    const on = () =>
      asker.work((session) => session.request(POWER_ON, { privilege: 'operator', once: true }));
    await assert.rejects(on(), { code: 403, message: /does not give this user enough privilege/ });
    assert.equal(await asker.isOn(), false);
    assert.deepEqual(bmc.machine.changes, []);
  });
});

test('13 (ipmi-rs#1): packets have no number before the session, then they count from 1', async () => {
  await withFaults({}, async (bmc, asker) => {
    await asker.isOn();
    await asker.isOn();
    assert.deepEqual(bmc.sequences, [1, 2]);
  });
});

test('14 (go-ipmi#7): a session that the BMC forgot is made again', async () => {
  await withFaults(
    {},
    async (bmc, asker) => {
      await asker.isOn();
      bmc.forgetSessions();
      assert.equal(await asker.isOn(), false);
      assert.equal(bmc.counts.get('open'), 2);
      const heard = performance.now();
      await until(async () => performance.now() - heard > 1_100, 'the session to be no longer fresh');
      bmc.forgetSessions();
      // What must not be sent twice is sent once it is known that the session is there.
      const on = () =>
        asker.work((session) => session.request(POWER_ON, { privilege: 'operator', once: true }));
      assert.equal((await on()).code, 0);
      assert.deepEqual(bmc.machine.changes, ['power on']);
    },
    { keptMs: [200, 200] },
  );
});

test('15 (go-ipmi#52): a lost datagram, either way, does not end an action', async () => {
  for (const lost of [
    'request',
    'response',
    'open',
    'open answer',
    'rakp1',
    'rakp2',
    'rakp3',
    'rakp4',
  ] as const) {
    await withFaults(
      { loses: (kind, count) => kind === lost && count === 0 },
      async (_bmc, asker) => {
        assert.equal(await asker.isOn(), false, lost);
      },
      LOST_ONCE,
    );
  }
});

test('16 (go-ipmi#14, gebn/bmc#42): one request is under way in a session', async () => {
  await withFaults({ delays: () => 20 }, async (_bmc, asker) => {
    let working = 0;
    let most = 0;
    const work = () =>
      asker.work(async (session) => {
        working += 1;
        most = Math.max(most, working);
        await session.request(POWER);
        working -= 1;
      });
    await Promise.all([work(), work(), work()]);
    assert.equal(most, 1);
    await asker.work(async (session) => {
      const first = session.request(POWER);
      await assert.rejects(session.request(POWER), /a second request at the same time/);
      assert.equal((await first).code, 0);
    });
  });
});

test('17 (go-ipmi#11): refusals of any length are read by their status', async () => {
  for (const at of ['open', 'rakp2', 'rakp4'] as const) {
    for (const length of [2, 8, 36, 60]) {
      await withFaults({ refusals: [{ at, status: 0x01, length, times: 1 }] }, async (bmc, asker) => {
        assert.equal(await asker.isOn(), false, `${at} ${length}`);
        assert.equal(bmc.counts.get('open'), 2);
      });
    }
    // One byte is a completion code.
    await withFaults({ refusals: [{ at, status: 0, length: 1, suite: 17 }] }, async (_bmc, asker) => {
      assert.equal(await asker.isOn(), false, `${at} 1`);
    });
  }
});

test('18 (openbmc#1241): sessions are closed, also those that were half open; no session free is not hammered', async () => {
  await withFaults({}, async (bmc, asker) => {
    await asker.isOn();
    assert.equal(bmc.sessions, 1);
    await assert.rejects(asker.isOn({ password: 'wrong' }), { code: 403 });
    await until(async () => bmc.sessions + bmc.halfOpen === 0, 'all sessions to be closed');
    await asker.isOn();
    asker.client.close();
    await until(async () => bmc.sessions === 0, 'the last session to be closed');
  });
  await withFaults({ refusals: [{ at: 'open', status: 0x01, times: 4 }] }, async (bmc, asker) => {
    const start = performance.now();
    assert.equal(await asker.isOn(), false);
    // Both suites, twice, and a pause after each time.
    assert.equal(bmc.counts.get('open'), 5);
    assert.ok(performance.now() - start >= 85);
  });
  await withFaults({ refusals: [{ at: 'open', status: 0x01 }] }, async (bmc, asker) => {
    await assert.rejects(asker.isOn(), {
      code: 503,
      message: /has no session free\n +it was tried again for \d+(\.\d)? s \(ipmi\/retry-time\)/,
    });
    assert.equal(bmc.counts.get('open'), 10);
  });
});

test('19 (openbmc#1812, #1429): an answer to RAKP 1 that comes too late is no error', async () => {
  await withFaults(
    { delays: (kind, count) => (kind === 'rakp2' && count === 0 ? 200 : 0) },
    async (bmc, asker) => {
      assert.equal(await asker.isOn(), false);
      assert.equal(bmc.counts.get('rakp1'), 2);
      await until(async () => bmc.counts.get('rakp2') === 2, 'both answers to be sent');
      assert.equal(await asker.isOn(), false);
    },
    LOST_ONCE,
  );
});

test('20 (ipmitool#154): a login that was displaced begins anew, with new ids', async () => {
  for (const status of [0x02, 0x08]) {
    for (const at of ['rakp2', 'rakp4'] as const) {
      await withFaults({ refusals: [{ at, status, times: 2 }] }, async (bmc, asker) => {
        assert.equal(await asker.isOn(), false);
        assert.equal(bmc.counts.get('open'), 3);
      });
    }
  }
});

test('21 (ironic-image#688, omni#785): one session for all that is asked, and a pause between logins', async () => {
  await using bmc = await FakeBmc.start();
  using asker = new Asker(bmc, { betweenLoginsMs: 300, keptForMs: 0 });
  const start = performance.now();
  await Promise.all([asker.isOn(), asker.isOn(), asker.isOn()]);
  assert.equal(bmc.counts.get('open'), 1);
  await until(async () => bmc.sessions === 0, 'the session to be closed');
  await asker.isOn();
  assert.ok(performance.now() - start >= 299);
  assert.equal(bmc.counts.get('open'), 2);
});

test('25 (confluent#277): completion codes are answers, and the session goes on', async () => {
  for (const code of [0xc1, 0xca, 0xcb, 0xc5, 0xc9, 0xcc, 0xd5, 0xff, 0x80]) {
    await withFaults({}, async (bmc, asker) => {
      bmc.machine.handlers.set('06/52', () => refuse(code));
      const reply = await asker.work((session) => session.request({ netFn: 0x06, command: 0x52 }));
      assert.equal(reply.code, code);
      await asker.isOn();
      assert.deepEqual(bmc.received, ['06/52', '00/01']);
    });
  }
});

test('27 (ipmitool#344): a BMC with a key of its own is for another client, when all ways were tried', async () => {
  await withFaults({ wrongRakp2Code: [17, 3] }, async (bmc, asker) => {
    await assert.rejects(asker.isOn(), (error) => {
      assert.ok(error instanceof Unsuitable);
      assert.equal(error.interface, 'lanplus');
      assert.match(error.message, /refuses the user name or password/);
      return true;
    });
    assert.equal(bmc.counts.get('open'), 4);
    assert.equal(bmc.counts.get('rakp4') ?? 0, 0);
  });
});

test('28 (ipmitool#347, phosphor-host-ipmid#149): passwords over 20 bytes are refused here, over 16 with a hint', async () => {
  await withBmc({ password: 'seventeen-letters', faults: { passwordBytes: 16 } }, async (bmc, asker) => {
    await assert.rejects(asker.isOn({ password: 'x'.repeat(21) }), { code: 400, message: /ipmi\/password/ });
    await assert.rejects(asker.isOn({ password: 'ü'.repeat(11) }), { code: 400, message: /ipmi\/password/ });
    assert.equal(bmc.counts.size, 0);
    await assert.rejects(asker.isOn(), {
      code: 403,
      message: /has 17 bytes: some BMCs keep no more than 16/,
    });
    assert.equal(await asker.isOn({ password: 'seventeen-letter' }), false);
  });
});

test('29 (home-assistant-ipmi#60, xcat-core#7079): a right RAKP 2 and a wrong RAKP 4 are a question of K_g', async () => {
  await withBmc({ bmcKey: 'key-of-the-bmc' }, async (bmc, asker) => {
    await assert.rejects(asker.isOn(), { code: 403, message: /also needs the key K_g: set ipmi\/kg-key/ });
    await assert.rejects(asker.isOn({ bmcKey: Buffer.from('another') }), {
      code: 403,
      message: /not the key K_g \(ipmi\/kg-key\)/,
    });
    assert.equal(bmc.counts.get('open'), 2);
    assert.equal(await asker.isOn({ bmcKey: Buffer.from('key-of-the-bmc') }), false);
  });
  await withFaults({ wrongRakp4Code: true }, async (_bmc, asker) => {
    await assert.rejects(asker.isOn(), { code: 403, message: /ipmi\/kg-key/ });
  });
});

test('31 (freeipmi, LAN Session 1): nobody waits for an answer to Close Session', async () => {
  await withFaults({}, async (bmc, asker) => {
    await asker.isOn();
    bmc.faults = { loses: () => true };
    const start = performance.now();
    asker.client.close();
    // An answer has 10 s.
    assert.ok(performance.now() - start < 9_000);
  });
});

test('32 (freeipmi, LAN Authentication 28): no resources for a suite is a reason to try the other one', async () => {
  await withFaults({ refusals: [{ at: 'open', status: 0x01, suite: 17 }] }, async (bmc, asker) => {
    assert.equal(await asker.isOn(), false);
    assert.equal(bmc.counts.get('open'), 2);
  });
});

test('a BMC that says "later" is asked again in the same session, as long as it is worth it', async () => {
  const status = (asker: Asker, later?: 'all' | 'none') =>
    asker.work((session) => session.request(POWER, { later }));
  for (const [code, later, asked] of [
    [0xc0, undefined, 3],
    [0xd0, undefined, 3],
    [0xd2, undefined, 3],
    [0xc3, 'all', 3],
    [0xce, 'all', 3],
    [0xff, 'all', 3],
    // What may as well mean "no" is an answer, unless it was asked for.
    [0xc3, undefined, 1],
    [0xff, undefined, 1],
    [0xc0, 'none', 1],
  ] as const) {
    await withFaults({ codes: { '00/01': { code, times: 2 } } }, async (bmc, asker) => {
      assert.equal((await status(asker, later)).code, asked === 1 ? code : 0);
      assert.equal(bmc.counts.get('open'), 1);
      assert.equal(bmc.received.length, asked);
    });
  }
  await withFaults({ codes: { '00/01': { code: 0xff, times: 100 } } }, async (bmc, asker) => {
    assert.equal((await status(asker, 'all')).code, 0xff);
    assert.equal(bmc.received.length, 4);
  });
  // What does something each time is sent again only when it was not done.
  for (const [code, answered] of [
    [0xc0, 0],
    [0xc3, 0xc3],
    [0xff, 0xff],
  ] as const) {
    await withFaults({ codes: { '00/02': { code, times: 1 } } }, async (_bmc, asker) => {
      const on = () =>
        asker.work((session) =>
          session.request(POWER_ON, { privilege: 'operator', once: true, later: 'all' }),
        );
      assert.equal((await on()).code, answered);
    });
  }
});

test('a privilege that is asked for is used, and no other', async () => {
  const on = (session: IpmiSession) => session.request(POWER_ON, { privilege: 'operator', once: true });
  await withBmc({ privilege: 3, faults: { refusesHighRole: true } }, async (_bmc, asker) => {
    assert.equal((await asker.work(on, { privilege: 'operator' })).code, 0);
    await assert.rejects(asker.work(on, { privilege: 'administrator' }), {
      code: 403,
      message: /enough privilege/,
    });
  });
  await withBmc({}, async (bmc, asker) => {
    await assert.rejects(asker.work(on, { privilege: 'user' }), { code: 403, message: /enough privilege/ });
    assert.deepEqual(bmc.machine.changes, []);
    assert.equal((await asker.work(on, { privilege: 'operator' })).code, 0);
    assert.ok(bmc.received.includes('06/3b 03'));
  });
});

test('a request that is known already is waited for: its answer is on the way', async () => {
  let asked = 0;
  await withFaults(
    {},
    async (bmc, asker) => {
      bmc.machine.handlers.set('06/52', () => {
        asked += 1;
        return asked === 1 ? refuse(0xcf) : { code: 0, data: Buffer.of(asked) };
      });
      const reply = await asker.work((session) => session.request({ netFn: 0x06, command: 0x52 }));
      assert.deepEqual([reply.code, ...reply.data], [0, 2]);
    },
    LOST_ONCE,
  );
});

test('answers that come twice, late or with numbers that skip are each taken once', async () => {
  for (const faults of [
    { answersTwice: true },
    { sequenceStep: 5 },
    { wrongInnerChecksum: true },
    { answersTwice: true, delays: (_kind: string, count: number) => (count % 3) * 30 },
  ] satisfies Faults[]) {
    await withFaults(faults, async (bmc, asker) => {
      for (let count = 0; count < 5; count += 1) {
        bmc.machine.power = count % 2 === 0 ? 'on' : 'off';
        assert.equal(await asker.isOn(), count % 2 === 0);
      }
      assert.equal(bmc.counts.get('open'), 1);
    });
  }
});

test('a BMC that gives all its packets one number is heard once in a session, and then in another one', async () => {
  await withFaults(
    { sequenceStep: 0 },
    async (bmc, asker) => {
      assert.equal(await asker.isOn(), false);
      assert.equal(await asker.isOn(), false);
      assert.equal(bmc.counts.get('open'), 2);
    },
    SHORT,
  );
});

test('what must not be done twice is sent once, and its silence is told as what it is', async () => {
  // The answers to the privilege and the question before it arrive.
  await withFaults(
    { loses: (kind, count) => kind === 'response' && count >= 2 },
    async (bmc, asker) => {
      const on = () =>
        asker.work((session) => session.request(POWER_ON, { privilege: 'operator', once: true }));
      await assert.rejects(on(), { code: 504, message: /was sent once, and may have been done/ });
      assert.deepEqual(bmc.machine.changes, ['power on']);
    },
    SHORT,
  );
});

test('a BMC that is dead, or that answers nothing but the question for its versions, is told from one of IPMI 1.5', async () => {
  await withFaults(
    { loses: () => true },
    async (_bmc, asker) => {
      await assert.rejects(asker.isOn(), { code: 504, message: /does not answer \(ipmi\/address/ });
    },
    SHORT,
  );
  await withFaults(
    { isOld: true },
    async (_bmc, asker) => {
      await assert.rejects(asker.isOn(), (error) => error instanceof Unsuitable && error.interface === 'lan');
    },
    SHORT,
  );
  await withFaults(
    { loses: (kind) => kind === 'open' },
    async (_bmc, asker) => {
      await assert.rejects(asker.isOn(), { code: 504, message: /opened no session; some are silent/ });
    },
    SHORT,
  );
  await withFaults(
    { silentToVersions: true },
    async (_bmc, asker) => {
      assert.equal(await asker.isOn(), false);
    },
    SHORT,
  );
});

test('a BMC that lets in and then says nothing is for another client; it was not told to do anything', async () => {
  await withFaults(
    { silentInSession: true },
    async (bmc, asker) => {
      const on = () =>
        asker.work((session) => session.request(POWER_ON, { privilege: 'operator', once: true }));
      await assert.rejects(on(), (error) => error instanceof Unsuitable);
      assert.deepEqual(bmc.machine.changes, []);
    },
    SHORT,
  );
});

test('silence in the login ends after a few logins', async () => {
  for (const lost of ['rakp2', 'rakp4'] as const) {
    await withFaults(
      { loses: (kind) => kind === lost },
      async (bmc, asker) => {
        await assert.rejects(asker.isOn(), { code: 504, message: /stopped answering at the login/ });
        assert.equal(bmc.counts.get('open'), SHORT.loginMs.length);
      },
      SHORT,
    );
  }
});

test('an abort ends a call wherever it waits, and the next call works', async () => {
  for (const lost of ['open', 'rakp1', 'request'] as const) {
    await withFaults(
      { loses: (kind) => kind === lost },
      async (bmc, asker) => {
        const abort = new AbortController();
        const call = asker.work((session) => session.request(POWER), {}, abort.signal);
        await until(async () => (bmc.counts.get(lost) ?? 0) > 0, 'the datagram to be lost');
        abort.abort(new Error('stop'));
        await assert.rejects(call, { code: 503, message: /the call was cancelled/ });
        bmc.faults = {};
        assert.equal(await asker.isOn(), false);
      },
      SHORT,
    );
  }
});

test('a session is for who logged in: others log in themselves, and what one may is not what another may', async () => {
  await using bmc = await FakeBmc.start();
  using asker = new Asker(bmc);
  await asker.isOn();
  await assert.rejects(asker.isOn({ password: 'wrong' }), { code: 403 });
  await assert.rejects(asker.isOn({ username: 'other' }), { code: 403 });
  assert.equal(await asker.isOn(), false);
  assert.equal(bmc.counts.get('rakp4'), 2);
});
