import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { freePort, isFree, type SimulatedBmc, startBmc } from '../support/ipmi-simulator.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { act, messagesOf } from './ipmi-action.ts';
import { running } from './processes.ts';

/** No other test's, so that the command which waits for it is known by it. */
const DELAY_S = 607.3;

describe('a BMC', { concurrency: 4 }, () => {
  test('that reboots in the middle of a power cycle is an error, and obeys when it is back', async () => {
    const address = '127.0.0.33';
    const port = await freePort(address);
    let bmc = await startBmc({ address, port, power: 'on' });
    try {
      await using provider = await ProviderProcess.start([binary('ipmi')]);
      await bmc.setDelay(DELAY_S);
      const cycle = act(provider, 'powercycle', bmc);
      // Before it has a session, ipmitool would not notice another BMC in the place of this one.
      await until(async () => (await running(`sleep ${DELAY_S}`)).length > 0, 'the BMC to be at it');
      await bmc.close();
      // What the old one had begun may still have the port for a moment.
      await until(() => isFree(address, port), 'the port');
      // Machines lose power with the BMC's order half done.
      bmc = await startBmc({ address, port, power: 'off' });
      const answer = await cycle;
      assert.equal(answer.status, 504, answer.text);
      assert.match(messagesOf(answer), new RegExp(`BMC ${address}:${port}: `));
      assert.equal(await bmc.power(), 'off');
      assert.deepEqual(await bmc.changes(), []);
      assert.equal((await act(provider, 'powerstatus', bmc)).json, 'Chassis Power is off\n');
      assert.equal((await act(provider, 'poweron', bmc)).status, 200);
      assert.equal(await bmc.power(), 'on');
      assert.deepEqual(await running(`ipmitool -H ${address} `), []);
    } finally {
      await bmc.close();
    }
  });

  test('that is dead, slow or asked with a wrong password leaves the others as quick, and obeys when it is well', async () => {
    const [slow, picky, well] = await Promise.all(
      ['127.0.0.34', '127.0.0.35', '127.0.0.36'].map((address) => startBmc({ address })),
    );
    assert.ok(slow !== undefined && picky !== undefined && well !== undefined);
    const dead = { ...well, address: '127.0.0.37', port: await freePort('127.0.0.37') };
    let revived: SimulatedBmc | undefined;
    try {
      await using provider = await ProviderProcess.start([binary('ipmi')]);
      await slow.setDelay(2);
      const ended: string[] = [];
      const note = async <T>(name: string, answer: Promise<T>): Promise<T> => {
        const result = await answer;
        ended.push(name);
        return result;
      };
      const [silent, late, refused, prompt] = await Promise.all([
        note('dead', act(provider, 'poweron', dead)),
        note('slow', act(provider, 'poweron', slow)),
        note('refused', act(provider, 'poweron', { ...picky, password: 'Wr0ng' })),
        note('well', act(provider, 'poweron', well)),
      ]);
      assert.deepEqual([silent.status, late.status, refused.status, prompt.status], [504, 200, 403, 200]);
      // The slow one takes two seconds for each of its many answers. Of it and the dead one either may be last.
      assert.ok(ended.indexOf('well') < ended.indexOf('slow'));
      await slow.setDelay(0);
      assert.deepEqual(await Promise.all([slow, picky, well].map((bmc) => bmc.power())), ['on', 'off', 'on']);
      revived = await startBmc({ address: dead.address, port: dead.port });
      assert.equal((await act(provider, 'poweron', dead)).status, 200);
      assert.equal((await act(provider, 'poweron', picky)).status, 200);
      assert.deepEqual(await Promise.all([revived, picky].map((bmc) => bmc.power())), ['on', 'on']);
    } finally {
      await Promise.all([slow, picky, well, revived].map((bmc) => bmc?.close()));
    }
  });
});
