import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeLogEntry, encodeLogEntry, type LogEntry, readLogEntries } from '../../lib/docker/index.ts';
import { fc } from '../support/properties.ts';

const entry: fc.Arbitrary<LogEntry> = fc.record({
  source: fc.constantFrom('stdout', 'stderr', ''),
  timeNano: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  line: fc.uint8Array({ maxLength: 300 }),
  partial: fc.boolean(),
});

async function all(chunks: Uint8Array[]): Promise<LogEntry[]> {
  const stream = (async function* () {
    yield* chunks;
  })();
  const entries: LogEntry[] = [];
  for await (const one of readLogEntries(stream)) entries.push(one);
  return entries;
}

const plain = (entries: LogEntry[]) => entries.map((one) => ({ ...one, line: [...one.line] }));

describe('log entries', () => {
  test('are read as they were written, in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), fc.array(fc.nat(400)), async (entries, cuts) => {
        const bytes = Buffer.concat(entries.map(encodeLogEntry));
        const places = [
          0,
          ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ];
        const chunks = places.slice(1).map((place, at) => bytes.subarray(places[at], place));
        assert.deepEqual(plain(await all(chunks)), plain(entries));
      }),
      { numRuns: 300 },
    );
  });

  test('have the bytes that moby writes', () => {
    const bytes = encodeLogEntry({
      source: 'stdout',
      timeNano: 300n,
      line: Buffer.from('hi'),
      partial: true,
    });
    assert.equal(bytes.toString('hex'), '00000011' + '0a067374646f7574' + '10ac02' + '1a026869' + '2001');
  });

  test('keep what newer versions add out', () => {
    const known = encodeLogEntry({
      source: 'a',
      timeNano: 1n,
      line: Buffer.from('b'),
      partial: false,
    }).subarray(4);
    const unknown = Buffer.from('2a0178' + '3001' + '3900000000000000004d00000000', 'hex');
    assert.equal(Buffer.from(decodeLogEntry(Buffer.concat([unknown, known])).line).toString(), 'b');
  });

  test('that are cut off at the end are left out', async () => {
    const bytes = encodeLogEntry({ source: 'a', timeNano: 1n, line: Buffer.from('b'), partial: false });
    assert.deepEqual(await all([bytes.subarray(0, 5)]), []);
  });

  test('of a stream that is something else are an error, never a hang or a crash', async () => {
    await assert.rejects(all([Buffer.from('ffffffff00', 'hex')]), /an entry of 4294967295 bytes/);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        try {
          decodeLogEntry(bytes);
        } catch (error) {
          assert.match(String(error), /^Error: log entry: /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
