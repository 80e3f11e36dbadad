import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventLog } from '../../cmd/ipmi/redfish/event-log.ts';
import { withRedfish } from './redfish-actor.ts';

const LATE = {
  Id: '2',
  Created: '2026-01-15T11:00:00+01:00',
  EntryType: 'SEL',
  EntryCode: 'Deassert',
  SensorType: 'Temperature',
  SensorNumber: 9,
  Severity: 'OK',
  Message: 'Inlet is fine again',
};
const EARLY = {
  Id: '7',
  Created: '2026-01-14T10:00:01Z',
  EntryType: 'Event',
  EntryCode: 'Upper Critical - going high',
  Severity: 'Critical',
  Message: 'Inlet is hot',
  MessageId: 'IDRAC.2.8.TMP0120',
};
const TWO = { entries: [LATE, EARLY] };

describe('sel by redfish', { concurrency: 4 }, () => {
  for (const [what, log, expands] of [
    ['links', {}, false],
    ['links, with $expand', {}, true],
    ['the entries themselves', { inline: true }, false],
  ] as const) {
    test(`the log has the shape of mode ipmitool, the oldest first; its members are ${what}`, async () => {
      const logs = { SEL: { ...TWO, ...log, tells: { LogEntryType: 'SEL', MaxNumberOfRecords: 200 } } };
      await withRedfish({ logs, expands }, async (act, service) => {
        assert.deepEqual(await act('sel'), {
          info: {
            Log: '/redfish/v1/Systems/System.1/LogServices/SEL',
            Entries: '2',
            'Percent Used': '1%',
            'Last Add Time': '01/15/26 10:00:00 UTC',
          },
          events: [
            {
              id: '7',
              date: '01/14/26',
              time: '10:00:01 UTC',
              sensor: '',
              event: 'Inlet is hot',
              direction: '',
              detail: 'Critical, Upper Critical - going high, IDRAC.2.8.TMP0120',
            },
            {
              id: '2',
              date: '01/15/26',
              time: '10:00:00 UTC',
              sensor: 'Temperature #0x09',
              event: 'Inlet is fine again',
              direction: 'Deasserted',
              detail: 'OK',
            },
          ],
        });
        const singly = service.requests.filter(({ uri }) => /Entries\/\d/.test(uri)).length;
        assert.equal(singly, what === 'links' ? 2 : 0);
      });
    });
  }

  test('it is the log of the hardware, wherever it is and whatever it is called', async () => {
    const none = { entries: [] };
    for (const [logs, log] of [
      [{ AuditLog: none, SEL: none, EventLog: none }, 'SEL'],
      [{ IML: { entries: [], tells: { Name: 'Integrated Management Log' } }, SL: none, Event: none }, 'IML'],
      [{ Lclog: { ...none, on: 'manager' }, Sel: { ...none, on: 'manager' } }, 'Sel'],
      [{ PostCodes: none, EventLog: none, Dump: none }, 'EventLog'],
      [
        {
          Log1: { entries: [], tells: { Name: 'Health Event Log' } },
          Log2: { on: 'manager', entries: [], tells: { Name: 'Maintenance Event Log' } },
        },
        'Log1',
      ],
    ] as const) {
      await withRedfish({ logs }, async (act) => {
        const { info } = (await act('sel')) as EventLog;
        assert.match(String(info.Log), new RegExp(`/${log}$`));
      });
    }
  });

  test('the SEL comes before another log of its type, and one whose entries are not there is passed over', async () => {
    const typed = { entries: [], tells: { LogEntryType: 'SEL' } };
    for (const [logs, log] of [
      [{ BIOS: typed, SEL: { ...typed, on: 'manager' } }, 'SEL'],
      [{ SEL: { entries: [], hollow: true }, PlatformLog: { entries: [] } }, 'PlatformLog'],
    ] as const) {
      await withRedfish({ logs }, async (act) => {
        assert.match(String(((await act('sel')) as EventLog).info.Log), new RegExp(`/${log}$`));
      });
    }
    await withRedfish({ logs: { SEL: { entries: [], hollow: true } } }, async (act) => {
      await assert.rejects(act('sel'), { code: 502, message: /SEL\/Entries: 404/ });
    });
  });

  test('without such a log it is said what there is', async () => {
    await withRedfish({ logs: { AuditLog: { entries: [] } } }, async (act) => {
      await assert.rejects(act('sel'), {
        code: 501,
        message: /has no log of hardware events; it has .*AuditLog$/,
      });
    });
    await withRedfish({}, async (act) => {
      for (const command of ['sel', 'clearSel']) await assert.rejects(act(command), { code: 501 });
    });
  });

  test('entries that are missing or cannot be read are told, and the others come', async () => {
    await withRedfish({ logs: { SEL: { ...TWO, missing: 3 } } }, async (act) => {
      const { events, Warnings } = (await act('sel')) as EventLog;
      assert.deepEqual([events.length, Warnings], [2, ['2 of 5 entries were read']]);
    });
    const traits = { broken: { 'Entries/7': 500 } };
    await withRedfish({ logs: { SEL: TWO }, traits }, async (act) => {
      const { events, Warnings } = (await act('sel')) as EventLog;
      assert.equal(events.length, 1);
      assert.match(String(Warnings), /1 of 2 entries were read,.*Entries\/7: 500/);
    });
  });

  for (const log of [
    {},
    { tellsCleared: true },
    { clear: 'needs type' },
    { clear: 'fails, and is done' },
  ] as const) {
    test(`the log is cleared once, and seen to be: ${JSON.stringify(log)}`, async () => {
      await withRedfish({ logs: { SEL: { ...TWO, ...log } } }, async (act, service) => {
        assert.equal(await act('clearSel'), 'Success');
        assert.equal(service.logs.get('SEL')?.cleared, 1);
        assert.match(String(service.changes), /^(POST \S+ClearLog,?)+$/);
      });
    });
  }

  test('a log with one entry that was cleared has another one', async () => {
    const log = { entries: [EARLY], tellsCleared: true };
    await withRedfish({ logs: { SEL: log } }, async (act) => assert.equal(await act('clearSel'), 'Success'));
  });

  test('a log that stays full, or cannot be cleared, is an error', async () => {
    await withRedfish({ logs: { SEL: { ...TWO, clear: 'forgotten' } } }, async (act, service) => {
      await assert.rejects(act('clearSel'), {
        code: 502,
        message: /SEL: was told to clear, and has 2 entries/,
      });
      assert.equal(service.changes.length, 1);
    });
    await withRedfish({ logs: { SEL: { ...TWO, clear: 'absent' } } }, async (act) => {
      await assert.rejects(act('clearSel'), { code: 501, message: /it has no action ClearLog/ });
    });
    await withRedfish({ logs: { SEL: { entries: [] } } }, async (act, service) => {
      assert.equal(await act('clearSel'), 'Success');
      assert.deepEqual(service.changes, []);
    });
  });
});

const THERMAL = {
  Temperatures: [
    {
      Name: 'Inlet',
      ReadingCelsius: 23,
      UpperThresholdCritical: 47,
      UpperThresholdNonCritical: 42,
      PhysicalContext: 'Intake',
    },
    {
      Name: 'CPU1',
      ReadingCelsius: 99,
      UpperThresholdCritical: 95,
      UpperThresholdNonCritical: 90,
      LowerThresholdCritical: 0,
    },
    { Name: 'CPU2', ReadingCelsius: null, Status: { State: 'Absent' } },
    { Name: 'DIMM', ReadingCelsius: null, Status: { State: 'Enabled' } },
  ],
  Fans: [
    { FanName: 'Fan 1', Reading: 400, ReadingUnits: 'RPM', LowerThresholdCritical: 500 },
    { Name: 'Fan 2', Reading: 30, ReadingUnits: 'Percent', Status: { Health: 'Warning' } },
  ],
};
const POWER = {
  Voltages: [{ Name: '12V', ReadingVolts: 12.1 }],
  PowerControl: [{ Name: 'System', PowerConsumedWatts: 210 }],
  PowerSupplies: [
    { Name: 'PSU 1', LastPowerOutputWatts: 105, Status: { State: 'Enabled', Health: 'OK' } },
    { Name: 'PSU 2', Status: { State: 'Enabled', Health: 'Critical' } },
  ],
};
const SENSORS = [
  { Id: 'inlet', Name: 'Inlet', Reading: 23, ReadingUnits: 'Cel' },
  {
    Id: 'p12',
    Name: '12V rail',
    Reading: 11,
    ReadingUnits: 'V',
    Thresholds: { LowerCaution: { Reading: 11.4 } },
  },
];
const RAIL = { name: '12V rail', status: 'lnc', entity: '', reading: '11 Volts', value: 11, unit: 'Volts' };

describe('sensors by redfish', { concurrency: 4 }, () => {
  test('Thermal and Power have the shape of mode ipmitool', async () => {
    await withRedfish({ systems: [{ chassis: { Thermal: THERMAL, Power: POWER } }] }, async (act) => {
      assert.deepEqual(await act('sensors'), [
        {
          name: 'Inlet',
          status: 'ok',
          entity: 'Intake',
          reading: '23 degrees C',
          value: 23,
          unit: 'degrees C',
        },
        { name: 'CPU1', status: 'ucr', entity: '', reading: '99 degrees C', value: 99, unit: 'degrees C' },
        { name: 'CPU2', status: 'ns', entity: '', reading: 'Absent' },
        { name: 'DIMM', status: 'ns', entity: '', reading: 'No Reading' },
        { name: 'Fan 1', status: 'lcr', entity: '', reading: '400 RPM', value: 400, unit: 'RPM' },
        { name: 'Fan 2', status: 'nc', entity: '', reading: '30 percent', value: 30, unit: 'percent' },
        { name: '12V', status: 'ok', entity: '', reading: '12.1 Volts', value: 12.1, unit: 'Volts' },
        { name: 'System', status: 'ok', entity: '', reading: '210 Watts', value: 210, unit: 'Watts' },
        { name: 'PSU 1', status: 'ok', entity: '', reading: '105 Watts', value: 105, unit: 'Watts' },
        { name: 'PSU 2', status: 'cr', entity: '', reading: 'Enabled' },
      ]);
    });
  });

  test('the list of all sensors is read where it is one request, or nothing else is there', async () => {
    const chassis = { Thermal: { Temperatures: THERMAL.Temperatures.slice(0, 1) }, Sensors: SENSORS };
    await withRedfish({ systems: [{ chassis }], expands: true }, async (act, service) => {
      const found = (await act('sensors')) as { name: string }[];
      assert.deepEqual(
        found.map(({ name }) => name),
        ['Inlet', '12V rail'],
      );
      assert.ok(!service.requests.some(({ uri }) => /Sensors\/./.test(uri)));
    });
    await withRedfish({ systems: [{ chassis }] }, async (act, service) => {
      assert.equal(((await act('sensors')) as unknown[]).length, 1);
      assert.ok(!service.requests.some(({ uri }) => uri.includes('Sensors')));
    });
    await withRedfish({ systems: [{ chassis: { Sensors: SENSORS } }] }, async (act) => {
      assert.deepEqual(((await act('sensors')) as unknown[])[1], RAIL);
    });
  });

  test('sensors of the same name in two chassis are two', async () => {
    const parts = { Thermal: { Temperatures: [{ Name: 'Inlet', ReadingCelsius: 20 }] } };
    const Links = { Chassis: ['a', 'b'].map((id) => ({ '@odata.id': `/redfish/v1/Chassis/${id}` })) };
    const more = Object.fromEntries(
      ['a', 'b'].flatMap((id) => [
        [`Chassis/${id}`, {}],
        [`Chassis/${id}/Thermal`, parts.Thermal],
      ]),
    );
    await withRedfish({ systems: [{ tells: { Links } }], more }, async (act) => {
      assert.equal(((await act('sensors')) as unknown[]).length, 2);
    });
  });

  test('ThermalSubsystem and PowerSubsystem are read where they have taken the place', async () => {
    const chassis = {
      ThermalSubsystem: {},
      'ThermalSubsystem/ThermalMetrics': {
        TemperatureReadingsCelsius: [{ DeviceName: 'Inlet', Reading: 21 }],
      },
      'ThermalSubsystem/Fans': [
        { Id: 'a', Name: 'Fan A', SpeedPercent: { Reading: 40, SpeedRPM: 5200 } },
        { Id: 'b', Name: 'Fan B', SpeedPercent: { Reading: 41 } },
      ],
      PowerSubsystem: {},
      'PowerSubsystem/PowerSupplies': [{ Id: '1', Name: 'PSU 1', Status: { State: 'Absent' } }],
    };
    await withRedfish({ systems: [{ chassis }] }, async (act) => {
      const found = (await act('sensors')) as { name: string; reading: string; status: string }[];
      assert.deepEqual(
        found.map(({ name, reading, status }) => [name, reading, status]),
        [
          ['Inlet', '21 degrees C', 'ok'],
          ['Fan A', '5200 RPM', 'ok'],
          ['Fan B', '41 percent', 'ok'],
          ['PSU 1', 'Absent', 'ns'],
        ],
      );
    });
  });

  test('what cannot be read is told at the end; without anything it is an error', async () => {
    const systems = [{ chassis: { Thermal: THERMAL, Power: POWER } }];
    await withRedfish({ systems, traits: { broken: { Power: 503 } } }, async (act) => {
      const found = (await act('sensors')) as { Warnings?: string[] }[];
      assert.equal(found.length, 7);
      assert.match(String(found.at(-1)?.Warnings), /Power: 503/);
    });
    await withRedfish({ systems, traits: { broken: { Power: 500, Thermal: 500 } } }, async (act) => {
      await assert.rejects(act('sensors'), { code: 502, message: /Thermal: 500/ });
    });
    await withRedfish({}, async (act) => {
      await assert.rejects(act('sensors'), { code: 501, message: /System\.1: has no sensors/ });
    });
  });
});
