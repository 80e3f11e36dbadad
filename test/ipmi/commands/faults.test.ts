import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootFlags, setBootOrder } from '../../../lib/ipmi/commands/boot.ts';
import { controlPower, identify, powerState } from '../../../lib/ipmi/commands/chassis.ts';
import { deviceId, identity } from '../../../lib/ipmi/commands/device.ts';
import { readFrus } from '../../../lib/ipmi/commands/fru.ts';
import { guidText } from '../../../lib/ipmi/commands/guid.ts';
import { readLan } from '../../../lib/ipmi/commands/lan.ts';
import { clearSel, selEvents } from '../../../lib/ipmi/commands/sel.ts';
import { readSensors } from '../../../lib/ipmi/commands/sensors.ts';
import { readUsers, setPassword } from '../../../lib/ipmi/commands/users.ts';
import type { IpmiSession } from '../../../lib/ipmi/lanplus/bmc-session.ts';
import { FakeBmc, type FakeBmcOptions } from '../../support/fake-bmc/fake-bmc.ts';
import { ok, refuse } from '../../support/fake-bmc/machine.ts';
import { Asker } from '../lanplus/asker.ts';
import { compactSensor, fullSensor, furnish, logged } from './furnished.ts';

/** What BMCs were seen to do to commands; numbers are those of the list of such reports (see lanplus/pitfalls.test.ts). */

async function withBmc(
  options: FakeBmcOptions,
  check: (
    bmc: FakeBmc,
    natively: <T>(work: (session: IpmiSession) => Promise<T>) => Promise<T>,
  ) => Promise<void>,
): Promise<void> {
  await using bmc = await FakeBmc.start(options);
  using asker = new Asker(bmc, { onceMs: 300 });
  await check(bmc, (work) => asker.work(work));
}

test('22 (racker#36, go-ipmi#74): boot flags are made to stay first, and a BMC that cannot is no failure', async () => {
  for (const code of [0, 0x80, 0xc1, 0xcc]) {
    await withBmc({}, async (bmc, natively) => {
      const set = bmc.machine.handlers.get('00/08') ?? assert.fail();
      bmc.machine.handlers.set('00/08', (data, received) =>
        code !== 0 && data[0] === 3 ? refuse(code) : set(data, received),
      );
      const text = await natively((session) =>
        setBootOrder(session, { device: 'pxe', uefi: true, persistent: false }),
      );
      assert.equal(text, 'Set Boot Device to pxe\n');
      const orders = bmc.received.filter((command) => command.startsWith('00/08'));
      assert.deepEqual(orders, ['00/08 030f', '00/08 05a004000000']);
    });
  }
});

test('23, 24 (ipmitool#163, #258, metal-core#19): all five bytes are of the standard, whatever is combined', async () => {
  await withBmc({}, async (bmc, natively) => {
    for (const [device, uefi, persistent, bytes] of [
      ['pxe', false, false, '8004000000'],
      ['pxe', false, true, 'c004000000'],
      ['pxe', true, false, 'a004000000'],
      ['pxe', true, true, 'e004000000'],
      ['disk', true, true, 'e008000000'],
      ['cdrom', false, false, '8014000000'],
      ['bios', true, false, 'a018000000'],
      ['none', false, false, '8000000000'],
    ] as const) {
      await natively((session) => setBootOrder(session, { device, uefi, persistent }));
      assert.equal(bmc.machine.bootOptions.get(5)?.toString('hex'), bytes);
      assert.equal((await natively(bootFlags)).data, bytes);
    }
  });
});

test('23: what the BMC did not keep is set again, then told, and not called a success', async () => {
  const order = { device: 'pxe', uefi: true, persistent: true } as const;
  for (const [kept, says] of [
    ['a004000000', /asked for: pxe, uefi, for every start\n +the BMC has: pxe, uefi, for the next start/],
    ['e008000000', /the BMC has: disk, uefi, for every start/],
    ['c004000000', /the BMC has: pxe, legacy-bios, for every start/],
    ['0000000000', /the BMC has: no boot device/],
  ] as const) {
    await withBmc({}, async (bmc, natively) => {
      bmc.machine.handlers.set('00/09', () => ok([1, 5, ...Buffer.from(kept, 'hex')]));
      const set = () => natively((session) => setBootOrder(session, order));
      await assert.rejects(set(), { code: 502, message: says });
      // It is kept the second time.
      let sets = 0;
      const setOption = bmc.machine.handlers.get('00/08') ?? assert.fail();
      bmc.machine.handlers.set('00/08', (data, received) => {
        if (data[0] === 5) sets += 1;
        return setOption(data, received);
      });
      bmc.machine.handlers.set('00/09', () =>
        ok([1, 5, ...Buffer.from(sets < 2 ? kept : 'e004000000', 'hex')]),
      );
      assert.equal(await set(), 'Set Boot Device to pxe\n');
      assert.equal(sets, 2);
    });
  }
  // One that keeps the device alone, and one that cannot be asked, are taken at their word.
  for (const answer of [ok([1, 5, 0x00, 0x04, 0, 0, 0]), refuse(0xcc)]) {
    await withBmc({}, async (bmc, natively) => {
      bmc.machine.handlers.set('00/09', () => answer);
      assert.equal(await natively((session) => setBootOrder(session, order)), 'Set Boot Device to pxe\n');
    });
  }
});

test('a disk under UEFI has a selector of its own on Supermicro BMCs', async () => {
  for (const [maker, selector] of [
    [10_876, '24'],
    [47_488, '24'],
    [674, '08'],
  ] as const) {
    await withBmc({}, async (bmc, natively) => {
      bmc.machine.deviceId.writeUIntLE(maker, 6, 3);
      await natively((session) => setBootOrder(session, { device: 'disk', uefi: true, persistent: false }));
      assert.equal(bmc.machine.bootOptions.get(5)?.toString('hex'), `a0${selector}000000`);
    });
  }
});

test('somebody who never finished setting boot options is no reason to fail', async () => {
  await withBmc({}, async (bmc, natively) => {
    const set = bmc.machine.handlers.get('00/08') ?? assert.fail();
    let isOpen = true;
    bmc.machine.handlers.set('00/08', (data, received) => {
      if (data[0] === 0) isOpen = false;
      return data[0] === 5 && isOpen ? refuse(0x81) : set(data, received);
    });
    await natively((session) => setBootOrder(session, { device: 'disk', uefi: false, persistent: false }));
    assert.equal(bmc.machine.bootOptions.get(5)?.toString('hex'), '8008000000');
  });
});

test('a boot device, a power state or a light that is refused is an error with the words of the BMC', async () => {
  for (const [code, status, says] of [
    [0xc1, 501, /does not support this command/],
    [0xd4, 403, /enough privilege/],
    [0xff, 502, /refused the command\n.*failed: Unspecified error/],
    [0x80, 502, /failed: Unknown \(0x80\)/],
  ] as const) {
    await withBmc({}, async (bmc, natively) => {
      for (const command of ['00/01', '00/02', '00/04', '00/08'])
        bmc.machine.handlers.set(command, () => refuse(code));
      const expected = { code: status, message: says };
      await assert.rejects(natively(powerState), expected);
      await assert.rejects(
        natively((session) => controlPower(session, 'on')),
        expected,
      );
      await assert.rejects(
        natively((session) => identify(session, 5)),
        expected,
      );
      await assert.rejects(
        natively((session) => setBootOrder(session, { device: 'pxe', uefi: true, persistent: false })),
        expected,
      );
    });
  }
});

test('the words for power and the light are those of ipmitool', async () => {
  await withBmc({}, async (bmc, natively) => {
    for (const [control, text] of [
      ['on', 'Up/On'],
      ['cycle', 'Cycle'],
      ['reset', 'Reset'],
      ['nmi', 'Diag'],
      ['soft', 'Soft'],
      ['off', 'Down/Off'],
    ] as const) {
      const said = await natively((session) => controlPower(session, control));
      assert.equal(said, `Chassis Power Control: ${text}\n`);
    }
    assert.deepEqual(
      bmc.machine.changes,
      ['on', 'cycle', 'reset', 'nmi', 'soft', 'off'].map((way) => `power ${way}`),
    );
    await assert.rejects(
      natively((session) => controlPower(session, 'cycle')),
      { code: 409 },
    );
    assert.equal(await natively((session) => identify(session, 7)), 'Chassis identify interval: 7 seconds\n');
    assert.equal(await natively((session) => identify(session, 0)), 'Chassis identify interval: off\n');
    assert.deepEqual(
      bmc.received.filter((command) => command.startsWith('00/04')),
      ['00/04 07', '00/04 00'],
    );
  });
});

test('a power cycle that is not answered is told with the power as it is, and was sent once', async () => {
  await withBmc({}, async (bmc, natively) => {
    bmc.machine.power = 'on';
    const control = bmc.machine.handlers.get('00/02') ?? assert.fail();
    bmc.machine.handlers.set('00/02', (data, received) => {
      const answer = control(data, received);
      // A shared network port goes down with the machine.
      bmc.faults = {
        loses: (kind) => kind === 'response' && bmc.received.at(-1)?.startsWith('00/02') === true,
      };
      return answer;
    });
    await assert.rejects(
      natively((session) => controlPower(session, 'cycle')),
      {
        code: 504,
        message: /was sent once, and may have been done\n +the power is on now/,
      },
    );
    assert.deepEqual(bmc.machine.changes, ['power cycle']);
  });
});

test('26 (freeipmi-mirror#29, ipmitool#197): a record that cannot be read is passed over, and counted', async () => {
  await withBmc({}, async (bmc, natively) => {
    furnish(bmc.machine);
    const whole = await natively(readSensors);
    const get = bmc.machine.handlers.get('0a/23') ?? assert.fail();
    bmc.machine.handlers.set('0a/23', (data, received) =>
      data.readUInt16LE(2) === 3 && data.readUInt8(4) >= 5 ? refuse(0xc3) : get(data, received),
    );
    const { sensors, skipped } = await natively(readSensors);
    assert.equal(skipped, 1);
    assert.deepEqual(
      sensors,
      whole.sensors.filter(({ name }) => name !== "Two's"),
    );
  });
});

test('records and parts are read in parts as small as the BMC can, and again after a lost reservation', async () => {
  let expected: unknown;
  for (const change of [
    {},
    { mostBytes: 16 },
    { mostBytes: 9, tooManyCode: 0xff },
    { mostBytes: 20, tooManyCode: 0xc8 },
    { mostBytes: 20, tooManyCode: 0xc7 },
    { lostReservations: 3 },
  ]) {
    await withBmc({}, async (bmc, natively) => {
      furnish(bmc.machine);
      Object.assign(bmc.machine, change);
      const found = {
        sensors: await natively(readSensors),
        frus: await natively(async (session) => readFrus(session, await deviceId(session))),
      };
      expected ??= found;
      assert.deepEqual(found, expected);
    });
  }
});

test('a repository that never ends, counts wrong or cannot be asked for its size is read once', async () => {
  await withBmc({}, async (bmc, natively) => {
    furnish(bmc.machine);
    const { sensors } = await natively(readSensors);
    bmc.machine.isEndless = true;
    assert.deepEqual((await natively(readSensors)).sensors, sensors);
    for (const command of ['0a/20', '0a/22']) bmc.machine.handlers.set(command, () => refuse(0xc1));
    // Without reservations none is asked for.
    bmc.machine.handlers.set('0a/23', (data) => {
      const [reservation, id, offset, count] = [0, 2, 4, 5].map((at) => data.readUInt8(at));
      assert.equal(reservation, 0);
      const index = Math.max(0, (id ?? 0) - 1);
      const record = bmc.machine.sdr[index] ?? assert.fail();
      const next = (index + 1) % bmc.machine.sdr.length;
      return ok([next + 1, 0, ...record.subarray(offset, (offset ?? 0) + (count ?? 0))]);
    });
    assert.deepEqual((await natively(readSensors)).sensors, sensors);
    // Each record is followed by one of another number.
    let next = 1;
    bmc.machine.handlers.set('0a/20', () => ok([0x51, 10, 0, 0, 0]));
    bmc.machine.handlers.set('0a/23', (data) => {
      next += 1;
      const [offset, count] = [data.readUInt8(4), data.readUInt8(5)];
      const record = fullSensor(next, { name: `Again ${next}`, number: 0x30 });
      return ok([next & 0xff, next >> 8, ...record.subarray(offset, offset + count)]);
    });
    const { sensors: again } = await natively(readSensors);
    assert.ok(again.length <= 21);
  });
});

test('sensor records are read again only when the BMC says that they changed', async () => {
  await withBmc({}, async (bmc, natively) => {
    furnish(bmc.machine);
    let changed = 0x6500_0000;
    bmc.machine.handlers.set('0a/20', () => {
      const info = Buffer.alloc(14);
      info.writeUInt16LE(bmc.machine.sdr.length, 1);
      info.writeUInt32LE(changed, 5);
      return ok(info);
    });
    const reads = () => bmc.received.filter((command) => command.startsWith('0a/23')).length;
    const { sensors } = await natively(readSensors);
    const once = reads();
    assert.deepEqual((await natively(readSensors)).sensors, sensors);
    assert.equal(reads(), once);
    bmc.machine.sdr.pop();
    bmc.machine.sdr.push(fullSensor(24, { name: 'New', number: 0x30 }));
    changed += 1;
    assert.equal((await natively(readSensors)).sensors.length, sensors.length + 1);
    assert.ok(reads() > once);
    // Times that are not kept say nothing.
    changed = 0;
    await natively(readSensors);
    const before = reads();
    await natively(readSensors);
    assert.ok(reads() > before);
  });
});

test('a controller without a repository is asked for its own records', async () => {
  await withBmc({}, async (bmc, natively) => {
    furnish(bmc.machine);
    bmc.machine.deviceId[1] = 0x83;
    bmc.machine.deviceId[5] = 0x9d;
    for (const [own, shared] of [
      ['04/20', '0a/20'],
      ['04/22', '0a/22'],
      ['04/21', '0a/23'],
    ] as const) {
      const handler = bmc.machine.handlers.get(shared) ?? assert.fail();
      bmc.machine.handlers.delete(shared);
      bmc.machine.handlers.set(own, own === '04/20' ? () => ok([bmc.machine.sdr.length, 0x01]) : handler);
    }
    const { sensors } = await natively(readSensors);
    assert.equal(sensors.length, 19);
  });
});

test('a record that stands for several sensors is several sensors', async () => {
  await withBmc({}, async (bmc, natively) => {
    bmc.machine.sdr = [
      compactSensor(1, 'DIMM ', 0x70, 0x0c, 0x6f, [3, 0x81]),
      compactSensor(2, 'PSU ', 0x75, 0x08, 0x6f, [0x12, 0]),
    ];
    for (const number of [0x70, 0x71, 0x72, 0x75, 0x76]) {
      bmc.machine.sensors.set(number, { reading: 0, states: [number === 0x71 ? 0x02 : 0x40, 0x80] });
    }
    const { sensors } = await natively(readSensors);
    assert.deepEqual(
      sensors.map(({ name, entity, reading }) => [name, entity, reading]),
      [
        ['DIMM 1', '10.1', 'Presence Detected'],
        ['DIMM 2', '10.2', 'Uncorrectable ECC'],
        ['DIMM 3', '10.3', 'Presence Detected'],
        ['PSU A', '10.1', 'Config Error'],
        ['PSU B', '10.1', 'Config Error'],
      ],
    );
  });
});

test('sensors that are refused, or that belong to other controllers, read nothing, and the others do', async () => {
  await withBmc({}, async (bmc, natively) => {
    bmc.machine.sdr = [
      fullSensor(1, { name: 'Other', number: 1, owner: 0x2c }),
      ...[0xcb, 0xcd, 0xc9, 0xce, 0xd5, 0xd3, 0xff].map((code, index) =>
        fullSensor(index + 2, { name: `Code ${code.toString(16)}`, number: code }),
      ),
      fullSensor(20, { name: 'Fine', number: 2 }),
    ];
    bmc.machine.handlers.set('04/2d', ([number = 0]) => (number === 2 ? ok([7, 0xc0]) : refuse(number)));
    const { sensors } = await natively(readSensors);
    assert.deepEqual(
      sensors.map(({ reading }) => reading),
      [...new Array(8).fill('No Reading'), '7 degrees C'],
    );
  });
});

test('a sensor whose factors depend on the reading is asked for them', async () => {
  await withBmc({}, async (bmc, natively) => {
    bmc.machine.sdr = [fullSensor(1, { name: 'Odd', number: 1, linearization: 0x70, m: 100 })];
    bmc.machine.sensors.set(1, { reading: 40 });
    bmc.machine.handlers.set('04/23', (data) => ok([0xff, data[1] === 40 ? 3 : 9, 0, 0, 0, 0, 0x00]));
    assert.equal((await natively(readSensors)).sensors[0]?.reading, '120 degrees C');
  });
});

test('the log is cleared once, and it is waited for until it is', async () => {
  for (const change of [{ erasePolls: 0 }, { erasePolls: 1 }, { lostReservations: 0 }]) {
    await withBmc({}, async (bmc, natively) => {
      bmc.machine.sel = [logged(1, 1_700_000_000, [1, 0x30, 1], [0x59, 0x51, 0x50])];
      Object.assign(bmc.machine, change);
      const said = await natively(clearSel);
      assert.equal(said, 'Clearing SEL.  Please allow a few seconds to erase.\n');
      assert.deepEqual(bmc.machine.changes, ['sel clear']);
      assert.deepEqual(await natively(selEvents), []);
    });
  }
  await withBmc({ privilege: 2 }, async (bmc, natively) => {
    await assert.rejects(natively(clearSel), { code: 403 });
    assert.deepEqual(bmc.machine.changes, []);
  });
});

test('a log that changes while it is read, or goes round, ends', async () => {
  await withBmc({}, async (bmc, natively) => {
    const entry = (id: number) => logged(id, 1_700_000_000, [1, 0x30, 1], [0x59, 0x51, 0x50]);
    bmc.machine.handlers.set('0a/43', (data) => {
      const id = data.readUInt16LE(2) || 1;
      return id === 3 ? refuse(0xcb) : ok([id + 1, 0, ...entry(id)]);
    });
    assert.equal((await natively(selEvents)).length, 2);
    bmc.machine.handlers.set('0a/43', (data) => {
      const id = data.readUInt16LE(2) || 1;
      return ok([3 - id, 0, ...entry(id)]);
    });
    assert.equal((await natively(selEvents)).length, 2);
  });
});

test('a GUID is read in the order in which it makes sense', () => {
  const text = '11223344-5566-4778-9900-aabbccddeeff';
  const rfc = Buffer.from(text.replaceAll('-', ''), 'hex');
  const smbios = Buffer.from('44332211665578479900aabbccddeeff', 'hex');
  assert.equal(guidText(rfc), text);
  assert.equal(guidText(smbios), text);
  assert.equal(guidText(Buffer.from(rfc).reverse()), text);
  assert.equal(guidText(Buffer.alloc(16)), undefined);
  assert.equal(guidText(Buffer.alloc(16, 0xff)), undefined);
  assert.equal(guidText(Buffer.alloc(15, 1)), undefined);
});

test('a BMC tells what it is, also without a GUID', async () => {
  await withBmc({}, async (bmc, natively) => {
    bmc.machine.deviceId.writeUIntLE(674, 6, 3);
    assert.deepEqual(await natively(identity), {
      vendor: 'Dell',
      product: '3842 (0x0f02)',
      firmware: '9.08',
      uuid: '11223344-5566-4778-9900-aabbccddeeff',
    });
    bmc.machine.handlers.delete('06/37');
    assert.equal((await natively(identity)).uuid, undefined);
  });
});

test('answers cut at any length are errors that say so, or are read as far as they go', async () => {
  await withBmc({}, async (bmc, natively) => {
    furnish(bmc.machine);
    bmc.machine.sdr = bmc.machine.sdr.filter((_record, index) => index === 0 || index === 20);
    bmc.machine.sel = [logged(1, 1_700_000_000, [1, 0x30, 1], [0x59, 0x51, 0x50])];
    for (const [key, handler] of bmc.machine.handlers) {
      for (let length = 0; length < 8; length += 1) {
        bmc.machine.handlers.set(key, (data, received) => {
          const { code, data: bytes } = handler(data, received);
          return { code, data: bytes.subarray(0, length) };
        });
        for (const work of [
          powerState,
          bootFlags,
          identity,
          readSensors,
          selEvents,
          async (session: IpmiSession) => readFrus(session, await deviceId(session)),
        ] as ((session: IpmiSession) => Promise<unknown>)[]) {
          await natively(work).catch((error) =>
            assert.equal(error.code, 502, `${key} ${length}: ${error.stack}`),
          );
        }
      }
      bmc.machine.handlers.set(key, handler);
    }
  });
});

test('the network and the users of a BMC that does not know 0Eh as its channel', async () => {
  await withBmc({}, async ({ machine }, natively) => {
    machine.channel = 8;
    machine.takesThisChannel = false;
    machine.lan.set('3', Buffer.from([10, 1, 2, 3]));
    machine.users.set(2, { name: 'admin', enabled: true, access: 0x34 });
    assert.deepEqual(await natively(readLan), { address: '10.1.2.3' });
    assert.deepEqual(
      (await natively(readUsers)).map(({ name }) => name),
      ['admin'],
    );
  });
});

test('IPv6 addresses in use are told, and a BMC that counts too many is not asked without end', async () => {
  await withBmc({}, async ({ machine, received }, natively) => {
    const address = (set: number, flags: number, hex: string) =>
      Buffer.concat([Buffer.from([set, flags]), Buffer.from(hex, 'hex'), Buffer.from([64, 0])]);
    machine.lan.set('55', Buffer.from([2, 200, 0x12]));
    machine.lan.set('56.0', address(0, 0x80, '20010db8000000000000000000000005'));
    machine.lan.set('56.1', address(1, 0x00, '20010db8000000000000000000000006'));
    machine.lan.set('59', address(0, 0x00, '00000000000000000000000000000000'));
    machine.lan.set('59.1', address(1, 0x02, 'fe800000000000000000000000000009'));
    assert.deepEqual(await natively(readLan), {
      ipv6: [
        { address: '2001:db8::5', prefixLength: 64, source: 'static' },
        { address: 'fe80::9', prefixLength: 64, source: 'dynamic' },
      ],
    });
    assert.ok(received.length < 40);
  });
});

test('28 (ipmitool#347): a password is tested after it was set, and a longer one that was cut is told', async () => {
  await withBmc({}, async ({ machine }, natively) => {
    machine.users.set(2, { name: 'admin', enabled: true, access: 0x34 });
    machine.passwordBytes = 16;
    const set = (password: string) => natively((session) => setPassword(session, 2, password));
    await set('sixteen-letters!');
    await assert.rejects(set('seventeen-letters'), (error: Error) => {
      assert.match(
        error.message,
        /has another one now\n +the password has 17 bytes: some BMCs keep no more than 16/,
      );
      assert.doesNotMatch(error.message, /seventeen-letters/);
      return true;
    });
    const password = machine.handlers.get('06/47') ?? assert.fail();
    machine.handlers.set('06/47', (data, all) =>
      (data[0] ?? 0) & 0x80 ? refuse(0xc7) : password(data, all),
    );
    await assert.rejects(set('seventeen-letters'), {
      message: /length invalid\n +the password has 17 bytes/,
    });
    for (const one of ['', 'x'.repeat(21), 'ü'.repeat(11)]) await assert.rejects(set(one), { code: 400 });
    // One that cannot test a password took it all the same.
    machine.handlers.set('06/47', (data, all) => (data[1] === 3 ? refuse(0xcc) : password(data, all)));
    await set('short');
    assert.equal(machine.users.get(2)?.password, 'short');
  });
});

test('no bytes of users and networks make a decoder throw anything but a refusal', async () => {
  await withBmc({}, async ({ machine }, natively) => {
    const random = (length: number) =>
      Buffer.from(Array.from({ length }, (_, index) => (index * 37 + length * 11) & 0xff));
    for (let length = 0; length < 30; length += 3) {
      for (const key of ['0c/02', '06/44', '06/46', '06/38'])
        machine.handlers.set(key, () => ok(random(length)));
      const refusal = (error: { code?: number }) => assert.equal(error.code, 502);
      await natively(readLan).catch(refusal);
      await natively(readUsers).catch(refusal);
    }
  });
});
