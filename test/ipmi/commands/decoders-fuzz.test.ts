import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBootFlags } from '../../../lib/ipmi/commands/boot-flags.ts';
import { decodedText, fieldText } from '../../../lib/ipmi/commands/field-text.ts';
import { boardFields, chassisFields, productFields } from '../../../lib/ipmi/commands/fru.ts';
import { guidText } from '../../../lib/ipmi/commands/guid.ts';
import { converted, sensorsIn } from '../../../lib/ipmi/commands/sdr.ts';
import { selEvent } from '../../../lib/ipmi/commands/sel.ts';
import { valueText } from '../../../lib/ipmi/commands/sensors.ts';
import { timestampText } from '../../../lib/ipmi/commands/timestamps.ts';
import { fc } from '../../support/properties.ts';

const RUNS = { numRuns: 2_000 };
const anything = fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes));
/** Sensor records by their type, with anything in them. */
const record = fc
  .tuple(fc.constantFrom(1, 2, 3, 0x11, 0xc0), anything)
  .map(([type, rest]) => Buffer.concat([Buffer.from([1, 0, 0x51, type, rest.length]), rest]));

test('no bytes make a decoder of records throw, and what it gives is text', () => {
  fc.assert(
    fc.property(fc.oneof(anything, record), anything, fc.nat({ max: 255 }), (bytes, other, raw) => {
      const sensors = sensorsIn(bytes);
      for (const { name, unit, conversion } of sensors) {
        assert.equal(typeof name, 'string');
        assert.equal(typeof unit, 'string');
        if (conversion !== undefined) valueText(converted(conversion, raw));
      }
      const event = selEvent(other, sensors);
      for (const part of Object.values(event)) assert.equal(typeof part, 'string');
      for (const fields of [chassisFields, boardFields, productFields]) {
        assert.equal(Object.getPrototypeOf(fields(bytes)), Object.prototype);
      }
      readBootFlags(bytes);
      guidText(bytes);
      fieldText(bytes, raw);
      decodedText(raw & 3, bytes, raw > 127);
    }),
    RUNS,
  );
});

test('any time is told', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), (seconds) => {
      assert.match(timestampText(seconds), /^(Unspecified|S\+ |\d\d\/\d\d\/\d\d )/);
    }),
    RUNS,
  );
});
