import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { failureOf, growingLimit } from '../support/growing-limit.ts';
import { freePort, type SimulatedBmc, startBmc } from '../support/ipmi-simulator.ts';
import { until } from '../support/until.ts';
import { fakeIpmitool, REAL, WITHOUT_FAKE } from './fake-ipmitool.ts';
import { actor, ipmitoolMode } from './request.ts';

const credentials = { username: 'admin', password: 's3cr3t' };

async function closing(bmcs: readonly SimulatedBmc[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await Promise.all(bmcs.map((bmc) => bmc.close()));
  }
}

/** So few at once that none waits longer for its turn on a slow machine than ipmitool does for an answer. */
async function aFew<T>(all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all].values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const one of left) await work(one);
    }),
  );
}

describe('BMCs that do not answer', { concurrency: 4 }, () => {
  test('an address where nothing answers is an error that says so', async () => {
    const address = '127.0.0.9';
    const act = actor(ipmitoolMode({ tries: 1 }), { address, port: await freePort(address), ...credentials });
    await assert.rejects(act('powerstatus'), {
      code: 504,
      message: /BMC 127\.0\.0\.9:\d+: does not answer \(ipmi\/address, ipmi\/port-ipmitool\)/,
    });
  });

  test('a dead BMC does not hold up a live one', async () => {
    const live = await startBmc({ address: '127.0.0.3' });
    await closing([live], async () => {
      const dead = { address: '127.0.0.9', ...credentials };
      // The dead one's call lasts until the live one's action is done, however long that takes.
      await using tool = await fakeIpmitool(`
        if [ "$2" = ${dead.address} ]; then
          echo start >> notes
          read -r _ < live-done
          echo 'Get Auth Capabilities error' >&2
          exit 1
        fi
        ${REAL}`);
      const liveIsDone = await tool.gate('live-done');
      const modes = ipmitoolMode({ tries: 2, path: tool.path });
      const lost = assert.rejects(actor(modes, dead)('poweron'), { code: 504 });
      await until(async () => (await tool.notes()).length > 0, 'the dead BMC to be asked');
      await actor(modes, live)('poweron');
      assert.equal(await live.power(), 'on');
      await liveIsDone();
      await lost;
    });
  });

  test('a BMC that hangs is an error, and answers again when it is back', async () => {
    const bmc = await startBmc({ address: '127.0.0.4', power: 'on' });
    await closing([bmc], async () => {
      bmc.freeze();
      await assert.rejects(actor(ipmitoolMode({ tries: 1 }), bmc)('poweroff'), {
        code: 504,
        message: /does not answer/,
      });
      bmc.thaw();
      assert.equal(await actor(ipmitoolMode(), bmc)('powerstatus'), 'Chassis Power is on\n');
    });
  });

  test('a BMC that stops answering in the middle is an error that says so', async () => {
    const bmc = await startBmc({ address: '127.0.0.5' });
    await closing([bmc], async () => {
      await bmc.setDelay(600);
      // With few tries, a BMC that is slow only because the machine is seems to answer nothing at all.
      await growingLimit(2, async (tries) => {
        const error = await failureOf(actor(ipmitoolMode({ tries }), bmc)('poweron'));
        assert.ok(error instanceof ModelError);
        assert.equal(error.code, 504);
        return /stopped answering/.exec(error.message) ?? undefined;
      });
    });
  });

  test('a slow BMC gets the time that it needs', async () => {
    const bmc = await startBmc({ address: '127.0.0.6' });
    await closing([bmc], async () => {
      await bmc.setDelay(1.5);
      assert.equal(await actor(ipmitoolMode(), bmc)('poweron'), 'Chassis Power Control: Up/On\n');
      await bmc.setDelay(0);
      assert.equal(await bmc.power(), 'on');
    });
  });

  test('more dead BMCs than children may run at once do not hold up one that answers', async () => {
    const bmc = await startBmc({ address: '127.0.0.8' });
    await closing([bmc], async () => {
      await using tool = await fakeIpmitool(`
        echo start >> notes
        if [ "$2" != ${bmc.address} ]; then
          read -r _ < other-done
          echo 'Get Auth Capabilities error' >&2
          exit 1
        fi
        ${REAL}`);
      const otherIsDone = await tool.gate('other-done');
      const modes = ipmitoolMode({ maxChildren: 2, path: tool.path });
      const dead = Array.from({ length: 9 }, (_, index) => ({ address: `127.0.8.${index}`, ...credentials }));
      const lost = dead.map((target) => assert.rejects(actor(modes, target)('poweron'), { code: 504 }));
      await until(async () => (await tool.notes()).length === dead.length, 'all dead BMCs to be asked');
      await actor(modes, bmc)('poweron');
      assert.equal(await bmc.power(), 'on');
      await otherIsDone();
      await Promise.all(lost);
    });
  });

  test('of 64 BMCs at once, a dead one delays none, and no more children run than the bound', async () => {
    const bound = 16;
    const dead = '127.0.7.64';
    const bmcs: SimulatedBmc[] = [];
    await aFew(
      Array.from({ length: 63 }, (_, index) => `127.0.7.${index + 1}`),
      async (address) => {
        bmcs.push(await startBmc({ address }));
      },
    );
    await closing(bmcs, async () => {
      // The dead one's call lasts until all others are done, however long that takes.
      await using tool = await fakeIpmitool(`
        echo start >> notes
        if [ "$2" = ${dead} ]; then
          read -r _ < others-done
          echo 'Get Auth Capabilities error' >&2; code=1
        else
          ${WITHOUT_FAKE} ipmitool "$@"; code=$?
        fi
        echo end >> notes
        exit $code`);
      const othersAreDone = await tool.gate('others-done');
      const modes = ipmitoolMode({ maxChildren: bound, maxSilent: 0, path: tool.path });
      const lost = assert.rejects(actor(modes, { address: dead, ...credentials })('poweron'), { code: 504 });
      const suite = { 'ipmi/cipher-suite': 3 };
      await Promise.all(bmcs.map((bmc) => actor(modes, bmc)('poweron', suite)));
      await othersAreDone();
      await lost;
      await aFew(bmcs, async (bmc) => assert.equal(await bmc.power(), 'on'));
      let running = 0;
      let most = 0;
      for (const line of await tool.notes()) {
        running += line === 'start' ? 1 : -1;
        most = Math.max(most, running);
      }
      assert.ok(most > 1 && most <= bound, `${most} at once`);
    });
  });
});
