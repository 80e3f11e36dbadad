import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBootFlags, parseFields, parseFru, parseSel, parseSensors } from '../../lib/ipmi/index.ts';

test('tables of names and values become objects', () => {
  const text = [
    'System Power         : on',
    'Power Overload       : false',
    'Drive Fault          : true',
    'Last Power Event     : ',
    'SDR Time             : 12:30:00',
    'Additional Device Support :',
    '    Sensor Device',
    '    SEL Device',
    'no field',
    '',
  ].join('\n');
  assert.deepEqual(parseFields(text), {
    'System Power': 'on',
    'Power Overload': false,
    'Drive Fault': true,
    'Last Power Event': '',
    'SDR Time': '12:30:00',
    'Additional Device Support': ['Sensor Device', 'SEL Device'],
  });
  assert.deepEqual(parseFields(''), {});
  assert.deepEqual(parseFields('    item of nothing'), {});
});

test('names that a BMC chose cannot reach the object itself', () => {
  const fields = parseFields('__proto__ : x\nconstructor : y');
  assert.deepEqual(Object.keys(fields), ['__proto__', 'constructor']);
  assert.equal(Object.getPrototypeOf(fields), Object.prototype);
});

test('a name that comes again makes a list', () => {
  assert.deepEqual(parseFields(' Board Extra : a\n Board Extra : b\n Board Extra : c'), {
    'Board Extra': ['a', 'b', 'c'],
  });
});

test('every FRU has its number, name and fields, also one that is not there', () => {
  const text = [
    'FRU Device Description : Builtin FRU Device (ID 0)',
    ' Board Mfg             : Example Corp',
    ' Board Serial          : B1',
    '',
    'FRU Device Description : PSU 1 (ID 3)',
    ' Device not present (Requested sensor, data, or record not found)',
    '',
  ].join('\n');
  assert.deepEqual(parseFru(text), [
    { id: 0, name: 'Builtin FRU Device', fields: { 'Board Mfg': 'Example Corp', 'Board Serial': 'B1' } },
    { id: 3, name: 'PSU 1', fields: {} },
  ]);
  assert.deepEqual(parseFru('Get Device ID command failed'), []);
});

test('events have their columns, those of old tools with fewer of them too', () => {
  const text = [
    '   1 | 01/15/26 | 10:00:01 | Temperature Inlet | Upper Critical going high | Asserted | Reading 81 > Threshold 80 degrees C',
    '   2 |  Pre-Init  |0000000010| Event Logging Disabled #0x51 | Log area reset/cleared | Asserted',
    '   3 | 01/15/26 | 10:00:02 | OEM record c0',
    '   4 | 01/15/26 | 10:00:03 | OEM record c1 | 000137 | 010203040506',
    '   5 | OEM record e0 | 101112131415161718191a1b1c',
    '   6 | Linux kernel panic: Fatal excep',
    'SEL has no entries',
    '',
  ].join('\n');
  assert.deepEqual(parseSel(text), [
    {
      id: '1',
      date: '01/15/26',
      time: '10:00:01',
      sensor: 'Temperature Inlet',
      event: 'Upper Critical going high',
      direction: 'Asserted',
      detail: 'Reading 81 > Threshold 80 degrees C',
    },
    {
      id: '2',
      date: 'Pre-Init',
      time: '0000000010',
      sensor: 'Event Logging Disabled #0x51',
      event: 'Log area reset/cleared',
      direction: 'Asserted',
      detail: '',
    },
    {
      id: '3',
      date: '01/15/26',
      time: '10:00:02',
      sensor: 'OEM record c0',
      event: '',
      direction: '',
      detail: '',
    },
    {
      id: '4',
      date: '01/15/26',
      time: '10:00:03',
      sensor: 'OEM record c1',
      event: '',
      direction: '',
      detail: '000137 | 010203040506',
    },
    {
      id: '5',
      date: '',
      time: '',
      sensor: 'OEM record e0',
      event: '',
      direction: '',
      detail: '101112131415161718191a1b1c',
    },
    {
      id: '6',
      date: '',
      time: '',
      sensor: 'Linux kernel panic: Fatal excep',
      event: '',
      direction: '',
      detail: '',
    },
  ]);
});

test('sensors have a value where they read one, and records of other things are left out', () => {
  const text = [
    'Inlet Temp       | 30h | ok  |  7.1 | 23 degrees C',
    'Offset           | 31h | nc  |  7.1 | -0.5 Volts',
    'Fan 2            | 41h | ns  | 29.2 | No Reading',
    'PSU 1            | 50h | ok  | 10.1 | Presence detected',
    'Builtin FRU      | 00h | ns  |  7.1 | Logical FRU @00h',
    'BMC              | 00h | ok  |  6.1 | Dynamic MC @ 20h',
    '',
  ].join('\n');
  assert.deepEqual(parseSensors(text), [
    {
      name: 'Inlet Temp',
      status: 'ok',
      entity: '7.1',
      reading: '23 degrees C',
      value: 23,
      unit: 'degrees C',
    },
    { name: 'Offset', status: 'nc', entity: '7.1', reading: '-0.5 Volts', value: -0.5, unit: 'Volts' },
    { name: 'Fan 2', status: 'ns', entity: '29.2', reading: 'No Reading' },
    { name: 'PSU 1', status: 'ok', entity: '10.1', reading: 'Presence detected' },
  ]);
});

test('boot flags are read from their bytes', () => {
  const flags = (data: string) => parseBootFlags(`Boot parameter version: 1\nBoot parameter data: ${data}\n`);
  assert.deepEqual(flags('e004000000'), {
    valid: true,
    persistent: true,
    mode: 'uefi',
    device: 'pxe',
    data: 'e004000000',
  });
  assert.deepEqual(flags('8014000000'), {
    valid: true,
    persistent: false,
    mode: 'legacy-bios',
    device: 'cdrom',
    data: '8014000000',
  });
  assert.equal(flags('0000000000')?.device, 'none');
  assert.equal(flags('0028000000')?.device, 'reserved-10');
  assert.equal(flags('xyz'), undefined);
  assert.equal(parseBootFlags(''), undefined);
});
