import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lanplus } from '../../../lib/ipmi/lanplus/lanplus.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import { never, PATIENT, POWER } from './asker.ts';

test('an address to which the system sends nothing is silent, and no matter to other BMCs', async () => {
  await using bmc = await FakeBmc.start({ suites: [3] });
  const client = new Lanplus({ ...PATIENT, openMs: [50, 50] });
  const { username, password } = bmc;
  const isOn = (address: string, port?: number) =>
    client.withBmc({ address, port, username, password, cipherSuite: 3 }, never, (session) =>
      session.request(POWER),
    );
  try {
    // A socket has to be allowed to send to the broadcast address.
    await assert.rejects(isOn('255.255.255.255'), { code: 504 });
    const [unsendable, answered] = await Promise.allSettled([
      isOn('255.255.255.255'),
      isOn(bmc.address, bmc.port),
    ]);
    assert.equal(unsendable.status, 'rejected');
    assert.equal(answered.status, 'fulfilled');
  } finally {
    client.close();
  }
});
