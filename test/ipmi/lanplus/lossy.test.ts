import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../../lib/models/index.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import type { Kind } from '../../support/fake-bmc/faults.ts';
import { Asker, POWER, STUBBORN } from './asker.ts';
import { numbers } from './numbers.ts';

const CYCLE = { netFn: 0x00, command: 0x02, data: [2] };

describe('a link that is bad', { concurrency: 4 }, () => {
  for (const percent of [1, 5, 20]) {
    test(`that loses ${percent} % of all datagrams, doubles and delays others: calls end right or say so`, async () => {
      const random = numbers(percent);
      const happens = () => random() < percent / 100;
      await using stack = new AsyncDisposableStack();
      let lost = 0;
      const loses = (kind: Kind) => {
        const isLost = happens();
        if (isLost && (kind === 'request' || kind === 'response')) lost += 1;
        return isLost;
      };
      const bmcs = await Promise.all(
        Array.from({ length: 20 }, async () =>
          stack.use(
            await FakeBmc.start({
              faults: { loses, doubles: happens, delays: () => (happens() ? 1 + random() * 150 : 0) },
            }),
          ),
        ),
      );
      using asker = new Asker(bmcs[0] ?? assert.fail(), { ...STUBBORN, keptForMs: 0 });
      let failures = 0;
      const call = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
        try {
          return await work();
        } catch (error) {
          assert.ok(error instanceof ModelError, String(error));
          assert.equal(error.code, 504, error.message);
          failures += 1;
          return undefined;
        }
      };
      await Promise.all(
        bmcs.map(async (bmc, index) => {
          for (let round = 0; round < 3; round += 1) {
            bmc.machine.power = (index + round) % 2 === 0 ? 'on' : 'off';
            const { power, changes } = bmc.machine;
            const status = await asker.work((session) => session.request(POWER), { port: bmc.port });
            assert.equal((status.data[0] ?? 0) & 1, power === 'on' ? 1 : 0);
            bmc.machine.power = 'on';
            const before = changes.length;
            const cycled = await call(() =>
              asker.work((session) => session.request(CYCLE, { privilege: 'operator', once: true }), {
                port: bmc.port,
              }),
            );
            const done = changes.length - before;
            if (cycled === undefined) assert.ok(done <= 1, 'nothing is done twice');
            else assert.equal(done, 1, 'what is said to be done was done, once');
          }
        }),
      );
      // Half of the 120 calls send a command that is not sent again when it or its answer is lost.
      assert.ok(failures <= lost, `${failures} of 120 calls failed, ${lost} datagrams of theirs were lost`);
    });
  }
});
