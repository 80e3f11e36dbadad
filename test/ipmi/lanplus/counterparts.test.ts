import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Unsuitable } from '../../../lib/ipmi/lanplus/unsuitable.ts';
import { freePort, startBmc } from '../../support/ipmi-simulator.ts';
import { until } from '../../support/until.ts';
import { Asker, POWER_ON, SHORT } from './asker.ts';

/** BMCs that nobody here wrote: ipmi_sim of OpenIPMI, and the one of pyghmi. */

/** They are processes of their own: what is slow here is not lost. */
const PATIENT = {
  openMs: [5_000, 5_000],
  loginMs: [10_000, 10_000],
  requestMs: [5_000, 5_000],
  onceMs: 20_000,
};

const POWER_OFF = { ...POWER_ON, data: [0] };

test('ipmi_sim takes suite 3, when it has refused 17, and does what it is told', async () => {
  const bmc = await startBmc({ address: '127.0.0.3' });
  try {
    using asker = new Asker(bmc, PATIENT);
    const control = (request: typeof POWER_ON) =>
      asker.work((session) => session.request(request, { privilege: 'operator', once: true }));
    assert.equal((await control(POWER_ON)).code, 0);
    assert.equal(await bmc.power(), 'on');
    assert.equal(await asker.isOn(), true);
    assert.equal((await control(POWER_OFF)).code, 0);
    assert.equal(await bmc.power(), 'off');
    assert.equal(await asker.isOn({ cipherSuite: 3 }), false);
    // One that it has and nobody should want.
    assert.equal(await asker.isOn({ cipherSuite: 2 }), false);
    await assert.rejects(asker.isOn({ cipherSuite: 17 }), {
      code: 502,
      message: /does not offer the cipher suite/,
    });
    await assert.rejects(asker.isOn({ password: 'wrong' }), (error) => error instanceof Unsuitable);
    await assert.rejects(asker.isOn({ username: 'nobody' }), {
      code: 403,
      message: /does not know the user/,
    });
  } finally {
    await bmc.close();
  }
});

test('ipmi_sim by IPv6, by name, and after it hung for a while', async () => {
  const bmc = await startBmc({ address: '::1', power: 'on' });
  try {
    using asker = new Asker(bmc, { ...PATIENT, keptMs: [100, 100], openMs: [100, 200, 60_000] });
    assert.equal(await asker.isOn(), true);
    assert.equal(await asker.isOn({ address: '[::1]' }), true);
    bmc.freeze();
    const late = asker.isOn();
    setTimeout(() => bmc.thaw(), 500);
    assert.equal(await late, true);
  } finally {
    bmc.thaw();
    await bmc.close();
  }
});

const PYGHMI = '/usr/bin/python3';

/** A BMC of pyghmi's with a machine that is on or off, which tells on its standard output what it was told. */
const FAKEBMC = `
import sys
from pyghmi.ipmi import bmc

class Machine(bmc.Bmc):
    state = 'off'
    def get_power_state(self):
        return self.state
    def power_on(self):
        self.state = 'on'
        print('on', flush=True)
    def power_off(self):
        self.state = 'off'
        print('off', flush=True)

machine = Machine({'admin': 's3cr3t'}, port=int(sys.argv[1]), address='127.0.0.1')
print('ready', flush=True)
machine.listen()
`;

async function noPyghmi(): Promise<string | false> {
  try {
    await promisify(execFile)(PYGHMI, ['-c', 'import pyghmi.ipmi.bmc']);
    return false;
  } catch {
    return 'pyghmi is not installed (apt-get install python3-pyghmi)';
  }
}

test("pyghmi's BMC, which answers with suite 3 what was asked with 17", {
  skip: await noPyghmi(),
}, async () => {
  const port = await freePort('127.0.0.1');
  const child = spawn(PYGHMI, ['-c', FAKEBMC, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  try {
    await until(async () => said.startsWith('ready'), 'the BMC to listen');
    const bmc = { address: '127.0.0.1', port, username: 'admin', password: 's3cr3t' };
    using asker = new Asker(bmc, PATIENT);
    assert.equal(await asker.isOn(), false);
    const reply = await asker.work((session) =>
      session.request(POWER_ON, { privilege: 'operator', once: true }),
    );
    assert.equal(reply.code, 0);
    await until(async () => said.includes('on'), 'the power to be on');
    assert.equal(await asker.isOn(), true);
    // It says nothing to a user that it does not know.
    using brief = new Asker(bmc, SHORT);
    await assert.rejects(brief.isOn({ username: 'nobody' }), {
      code: 504,
      message: /stopped answering at the login; some do when they are shown a wrong user name/,
    });
    // Its codes show at once that a password is wrong.
    await assert.rejects(brief.isOn({ password: 'wrong' }), { code: 403 });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
