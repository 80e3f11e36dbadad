import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { chassisStatus } from '../../../lib/ipmi/commands/chassis.ts';
import { deviceId, deviceInfo } from '../../../lib/ipmi/commands/device.ts';
import { readFrus } from '../../../lib/ipmi/commands/fru.ts';
import { readLan } from '../../../lib/ipmi/commands/lan.ts';
import { selEvents, selInfo } from '../../../lib/ipmi/commands/sel.ts';
import { readSensors } from '../../../lib/ipmi/commands/sensors.ts';
import { solInfo } from '../../../lib/ipmi/commands/sol.ts';
import { readUsers, setPassword } from '../../../lib/ipmi/commands/users.ts';
import {
  parseFields,
  parseFru,
  parseLan,
  parseSel,
  parseSensors,
  parseUsers,
} from '../../../lib/ipmi/index.ts';
import type { IpmiSession } from '../../../lib/ipmi/lanplus/bmc-session.ts';
import { findExecutable } from '../../../lib/process/index.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import { ok, refuse } from '../../support/fake-bmc/machine.ts';
import { Asker } from '../lanplus/asker.ts';
import { furnish, logged } from './furnished.ts';

const noIpmitool =
  (await findExecutable('ipmitool', process.env.PATH ?? '')) === undefined &&
  'ipmitool is not installed (apt-get install ipmitool)';

/** One action has one result, whoever did it: what ipmitool prints of a BMC, parsed, and what is read natively. */
describe('natively, as by ipmitool', { skip: noIpmitool }, () => {
  let bmc: FakeBmc;
  let asker: Asker;

  before(async () => {
    bmc = await FakeBmc.start();
    asker = new Asker(bmc, { requestMs: [5_000] });
    furnish(bmc.machine);
  });
  after(async () => {
    asker?.[Symbol.dispose]();
    await bmc?.[Symbol.asyncDispose]();
  });

  async function tool(...command: string[]): Promise<string> {
    const where = ['-H', bmc.address, '-p', String(bmc.port), '-U', bmc.username, '-E'];
    const env = { PATH: process.env.PATH, IPMI_PASSWORD: bmc.password, LC_ALL: 'C', TZ: 'UTC' };
    const args = ['-I', 'lanplus', '-C', '17', ...where, ...command];
    try {
      return (await promisify(execFile)('ipmitool', args, { env, timeout: 60_000 })).stdout;
    } catch (error) {
      // It fails when one of several parts is not there.
      const { stdout } = error as { stdout?: string };
      if (!stdout) throw error;
      return stdout;
    }
  }

  const natively = <T>(work: (session: IpmiSession) => Promise<T>) => asker.work(work);

  test('chassis status, with any bits', async () => {
    const handler = bmc.machine.handlers.get('00/01') ?? assert.fail();
    for (const bytes of [
      [0x21, 0x10, 0x40],
      [0xff, 0xff, 0xff, 0xff],
      [0x00, 0x00, 0x00, 0x00],
      [0x40, 0x05, 0x0a, 0xa5],
      [0x60, 0x12, 0x05],
    ]) {
      bmc.machine.handlers.set('00/01', () => ok(bytes));
      assert.deepEqual(await natively(chassisStatus), parseFields(await tool('chassis', 'status')));
    }
    bmc.machine.handlers.set('00/01', handler);
  });

  test('mc info, but for the names of makers and products that ipmitool has a list of', async () => {
    for (const id of [
      '23 83 09 08 02 9f 91 12 00 02 0f 00 00 00 00',
      '20 01 82 95 51 bf a2 02 00 00 01',
      '00 00 00 00 02 00 7c 2a 00 ff ff 01 02 03 04',
    ]) {
      bmc.machine.deviceId = Buffer.from(id.replaceAll(' ', ''), 'hex');
      const { 'Manufacturer Name': _maker, 'Product Name': _product, ...mine } = await natively(deviceInfo);
      const said = parseFields(await tool('mc', 'info'));
      const { 'Manufacturer Name': _other, 'Product Name': _another, ...theirs } = said;
      assert.deepEqual(mine, theirs);
    }
    bmc.machine.deviceId = Buffer.from('23030908029f9112 00020f00000000'.replaceAll(' ', ''), 'hex');
  });

  test('sensors of all conversions, units and states', async () => {
    const { sensors, skipped, announced } = await natively(readSensors);
    assert.deepEqual(sensors, parseSensors(await tool('sdr', 'elist')));
    assert.deepEqual([skipped, announced], [0, 24]);
  });

  test('every reading of every conversion', async () => {
    const before = bmc.machine.sensors.get(0x31);
    for (const raw of [0, 1, 2, 63, 64, 127, 128, 129, 254, 255]) {
      for (const [, state] of bmc.machine.sensors) state.reading = raw;
      const { sensors } = await natively(readSensors);
      assert.deepEqual(sensors, parseSensors(await tool('sdr', 'elist')));
    }
    if (before !== undefined) before.reading = 200;
  });

  test('sol info', async () => {
    const parameters: Record<number, number[]> = {
      0: [1],
      1: [1],
      2: [0xc4],
      3: [12, 96],
      4: [7, 50],
      5: [0x0a],
      6: [0x07],
      7: [0x01],
      8: [0x6f, 0x02],
    };
    bmc.machine.handlers.set('0c/22', (data) => ok([0x11, ...(parameters[data[1] ?? 0] ?? [])]));
    assert.deepEqual(await natively(solInfo), parseFields(await tool('sol', 'info')));
    Object.assign(parameters, { 0: [3], 1: [0], 2: [0x0f], 5: [0x03], 6: [0x00] });
    assert.deepEqual(await natively(solInfo), parseFields(await tool('sol', 'info')));
    // What the BMC does not have is left out, where ipmitool makes something up.
    bmc.machine.handlers.set('0c/22', (data) => (data[1] === 1 ? ok([0x11, 1]) : refuse(0x80)));
    assert.deepEqual(await natively(solInfo), { Enabled: true });
  });

  test('the network', async () => {
    const { lan } = bmc.machine;
    assert.deepEqual(await natively(readLan), {});
    const set = (parameters: Record<string, number[]>) => {
      for (const [parameter, data] of Object.entries(parameters)) lan.set(parameter, Buffer.from(data));
    };
    // ipmitool tells nothing of a BMC that does not say whether parameters are being set.
    set({ 0: [0], 3: [10, 0, 0, 5], 4: [1], 5: [0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x0f] });
    set({ 6: [255, 255, 252, 0], 12: [10, 0, 0, 1], 20: [0x64, 0x80], 21: [3] });
    const expected = {
      source: 'static',
      address: '10.0.0.5',
      netmask: '255.255.252.0',
      gateway: '10.0.0.1',
      mac: 'aa:bb:cc:dd:ee:0f',
      vlan: 100,
    };
    assert.deepEqual(await natively(readLan), expected);
    assert.deepEqual(parseLan(await tool('lan', 'print')), expected);
    for (const source of [0, 2, 3, 4]) {
      set({ 4: [source], 20: [0x64, 0x00] });
      assert.deepEqual(await natively(readLan), parseLan(await tool('lan', 'print')));
    }
    lan.clear();
  });

  test('the users, and a password of either length that ipmitool finds to be the one', async () => {
    const { users } = bmc.machine;
    users.set(1, { name: '', enabled: true, access: 0x4f });
    users.set(2, { name: 'admin', enabled: true, access: 0x34 });
    users.set(3, { name: 'sixteen letters!', enabled: false, access: 0x13 });
    users.set(5, { name: 'nobody', enabled: false, access: 0x0f });
    users.set(7, { name: '', enabled: true, access: 0x32 });
    const natives = await natively(readUsers);
    assert.deepEqual(natives, parseUsers(await tool('channel', 'getaccess', '14')));
    assert.deepEqual(natives[1], {
      id: 3,
      name: 'sixteen letters!',
      enabled: false,
      privilege: 'operator',
      ipmi: true,
      fixedName: false,
    });
    assert.deepEqual(
      natives.map(({ id }) => id),
      [2, 3, 5, 7],
    );
    for (const password of ['x', 'p'.repeat(16), 'q'.repeat(17), 'r'.repeat(20)]) {
      await natively((session) => setPassword(session, 3, password));
      const bytes = password.length > 16 ? '20' : '16';
      assert.match(await tool('user', 'test', '3', bytes, password), /Success/);
    }
  });

  test('the parts', async () => {
    const frus = await natively(async (session) => readFrus(session, await deviceId(session)));
    assert.deepEqual(frus, parseFru(await tool('fru', 'print')));
  });

  test('sel info', async () => {
    const info = bmc.machine.handlers.get('0a/40') ?? assert.fail();
    for (const bytes of [
      '51 0300 0010 00006a65 ffffffff 02',
      '51 0000 0010 00000000 3c000000 8e',
      '02 8813 ffff 80510100 00006a65 00',
      '01 6400 0000 00006a65 00006a65 0c',
    ]) {
      bmc.machine.handlers.set('0a/40', () => ok(Buffer.from(bytes.replaceAll(' ', ''), 'hex')));
      const { 'SEL Information': _title, ...said } = parseFields(await tool('sel', 'info'));
      assert.deepEqual(await natively(selInfo), said);
    }
    bmc.machine.handlers.set('0a/40', info);
  });

  test('events of every sensor type, offset and direction, with and without a known sensor', async () => {
    const records: Buffer[] = [];
    const add = (type: number, number: number, eventType: number, data: readonly number[]) =>
      records.push(
        logged(records.length + 1, 1_700_000_000 + records.length, [type, number, eventType], data),
      );
    for (let type = 0; type <= 0x2f; type += 1) {
      for (let offset = 0; offset < 16; offset += 1) add(type, 0x77, 0x6f, [offset, 0xff, 0xff]);
    }
    for (let eventType = 0; eventType <= 0x0d; eventType += 1) {
      for (let offset = 0; offset < 16; offset += 1) add(1, 0, eventType | 0x80, [offset, 0, 0]);
    }
    // What the second byte tells more of.
    for (const [type, offset] of [
      [0x0f, 0],
      [0x0f, 1],
      [0x0f, 2],
      [0x2b, 1],
      [0x2b, 7],
      [0x08, 6],
    ] as const) {
      for (let data2 = 0; data2 < 0x1d; data2 += 1) add(type, 0, 0x6f, [0xc0 | offset, data2, 0xff]);
    }
    add(0x08, 0x50, 0x6f, [0x00, 0xff, 0xff]);
    add(0x07, 0x51, 0xef, [0x07, 0xff, 0xff]);
    add(0x12, 0x63, 0x6f, [0x05, 0xff, 0xff]);
    add(0x0c, 0x00, 0x6f, [0x20, 0xff, 0x42]);
    add(0xc5, 0x01, 0x6f, [0x00, 0xff, 0xff]);
    add(0x01, 0x30, 0x71, [0x00, 0xff, 0xff]);
    for (const direction of [0x01, 0x81]) {
      for (let offset = 0; offset < 12; offset += 1) {
        for (const number of [0x30, 0x32, 0x33, 0x35, 0x36])
          add(1, number, direction, [0x50 | offset, 0x59, 0x50]);
      }
    }
    bmc.machine.sel = records;
    const natives = await natively(selEvents);
    const said = parseSel(await tool('sel', 'elist'));
    assert.equal(natives.length, records.length);
    assert.deepEqual(natives, said);
  });

  test('records of other kinds and times', async () => {
    const at = (seconds: number) => logged(1, seconds, [1, 0x30, 1], [0x59, 0x51, 0x50]);
    const raw = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const records = [
      at(5),
      at(0x1fff_ffff),
      at(0x2000_0001),
      at(4_000_000_000),
      raw('0100 c0 00006a65 a20200 010203040506'),
      raw('0100 dc 05000000 370100 0a0b0c0d0e0f'),
      raw('0100 e0 0102030405060708090a0b0c0d'),
      raw(`0100 f0 0000 ${Buffer.from('Fatal excep').toString('hex')}`),
    ];
    bmc.machine.sel = records.map((record, index) => {
      record.writeUInt16LE(index + 1);
      return record;
    });
    assert.deepEqual(await natively(selEvents), parseSel(await tool('sel', 'elist')));
  });
});
