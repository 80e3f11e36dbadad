import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootFlags, setBootOrder } from '../../../lib/ipmi/commands/boot.ts';
import { chassisStatus, powerState } from '../../../lib/ipmi/commands/chassis.ts';
import { deviceId, deviceInfo, identity } from '../../../lib/ipmi/commands/device.ts';
import { readFrus } from '../../../lib/ipmi/commands/fru.ts';
import { readLan } from '../../../lib/ipmi/commands/lan.ts';
import { selEvents, selInfo } from '../../../lib/ipmi/commands/sel.ts';
import { readSensors } from '../../../lib/ipmi/commands/sensors.ts';
import { solInfo } from '../../../lib/ipmi/commands/sol.ts';
import { readUsers, setPassword } from '../../../lib/ipmi/commands/users.ts';
import type { IpmiSession } from '../../../lib/ipmi/lanplus/bmc-session.ts';
import { Patience } from '../../../lib/ipmi/lanplus/patience.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { never } from '../lanplus/asker.ts';
import { numbers } from '../lanplus/numbers.ts';

const COMMANDS: Readonly<Record<string, (session: IpmiSession) => Promise<unknown>>> = {
  bootFlags,
  setBootOrder: (session) => setBootOrder(session, { device: 'disk', uefi: true, persistent: true }),
  chassisStatus,
  powerState,
  deviceId,
  deviceInfo,
  identity,
  readFrus: async (session) => readFrus(session, await deviceId(session)),
  readLan,
  selInfo,
  selEvents,
  readSensors,
  solInfo,
  readUsers,
  setPassword: (session) => setPassword(session, 2, 'never shown'),
};

/** Refusals of all kinds; those that are waited for have tests of their own. */
const CODES = [0x80, 0xc1, 0xc9, 0xca, 0xcb, 0xcc, 0xd4, 0xd5, 0xff];
/** More than any BMC has to be asked. */
const MOST_REQUESTS = 40_000;

/** A BMC that answers anything, mostly with success. */
function anyAnswers(seed: number): { session: IpmiSession; asked: () => number } {
  const random = numbers(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  let asked = 0;
  const session: IpmiSession = {
    bmc: '10.0.0.1:623',
    signal: never,
    patience: new Patience(0, 1),
    notes: {},
    request: async () => {
      asked += 1;
      assert.ok(asked < MOST_REQUESTS, 'it is asked without end');
      const code = below(20) === 0 ? (CODES[below(CODES.length)] ?? 0) : 0;
      // Small numbers are counts, lengths and ids that lead on.
      const small = below(2) === 0;
      const data = Buffer.from(Array.from({ length: below(40) }, () => below(small ? 6 : 256)));
      return { code, data };
    },
  };
  return { session, asked: () => asked };
}

for (const [name, command] of Object.entries(COMMANDS)) {
  test(`${name}: whatever a BMC answers, it ends, with a result or a refusal that names the BMC`, async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const { session } = anyAnswers(seed);
      try {
        JSON.stringify(await command(session));
      } catch (error) {
        assert.ok(
          error instanceof ModelError,
          `seed ${seed}: ${error instanceof Error ? error.stack : error}`,
        );
        assert.match(error.message, /BMC 10\.0\.0\.1:623/, `seed ${seed}`);
        assert.doesNotMatch(error.message, /never shown/);
      }
    }
  });
}
