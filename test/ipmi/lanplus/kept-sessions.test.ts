import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lanplus } from '../../../lib/ipmi/lanplus/lanplus.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import { until } from '../../support/until.ts';
import { never, PATIENT, POWER } from './asker.ts';

test('sessions that are kept are ended when their time is up, however many there are', async () => {
  await using cleanup = new AsyncDisposableStack();
  const bmcs = await Promise.all(
    Array.from({ length: 120 }, async () => cleanup.use(await FakeBmc.start({ suites: [3] }))),
  );
  const client = new Lanplus({ ...PATIENT, keptForMs: 300 });
  cleanup.defer(() => client.close());
  const isOn = ({ address, port, username, password }: FakeBmc) =>
    client.withBmc({ address, port, username, password, cipherSuite: 3 }, never, (session) =>
      session.request(POWER),
    );
  const open = () => bmcs.reduce((sum, { sessions }) => sum + sessions, 0);
  await Promise.all(bmcs.map(isOn));
  await until(async () => open() === 0, 'all sessions to be ended');
  // The next ones have an end as well.
  const [first] = bmcs;
  if (first === undefined) throw new Error('no BMC');
  await isOn(first);
  await until(async () => open() === 0, 'the next session to be ended');
  const commands = first.received.map((command) => command.slice(0, 5));
  assert.deepEqual(commands, ['00/01', '06/3c', '00/01', '06/3c']);
});
