import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findExecutable } from '../../../lib/process/index.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';

/** Clients that nobody here wrote log in to the fake BMC, so that what its tests show holds for BMCs. */

const { PATH = '' } = process.env;
const env = { PATH: `${PATH}:/usr/sbin`, IPMI_PASSWORD: 's3cr3t', LC_ALL: 'C' };

async function missing(tool: string, from: string): Promise<string | false> {
  return (await findExecutable(tool, env.PATH)) === undefined ? `${tool} is not installed (${from})` : false;
}

async function run(tool: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(tool, args, { env, timeout: 30_000 });
  return stdout;
}

function ipmitool(bmc: FakeBmc, suite: number, ...command: string[]): Promise<string> {
  const where = ['-H', bmc.address, '-p', String(bmc.port), '-U', bmc.username, '-E'];
  return run('ipmitool', ['-I', 'lanplus', '-C', String(suite), ...where, ...command]);
}

for (const suite of [17, 3]) {
  test(`ipmitool logs in to the fake BMC with suite ${suite}, and does what it is told`, {
    skip: await missing('ipmitool', 'apt-get install ipmitool'),
  }, async () => {
    await using bmc = await FakeBmc.start({ suites: [suite] });
    assert.equal(await ipmitool(bmc, suite, 'chassis', 'power', 'on'), 'Chassis Power Control: Up/On\n');
    assert.equal(bmc.machine.power, 'on');
    assert.equal(await ipmitool(bmc, suite, 'chassis', 'power', 'status'), 'Chassis Power is on\n');
    await assert.rejects(ipmitool(bmc, suite === 17 ? 3 : 17, 'chassis', 'power', 'off'));
    assert.equal(bmc.machine.power, 'on');
  });

  test(`freeipmi's ipmipower asks the fake BMC with suite ${suite}`, {
    skip: await missing('ipmipower', 'apt-get install freeipmi-tools'),
  }, async () => {
    await using bmc = await FakeBmc.start({ suites: [suite] });
    bmc.machine.power = 'on';
    const where = ['-h', `${bmc.address}:${bmc.port}`, '-u', bmc.username, '-p', bmc.password];
    const said = await run('ipmipower', ['-D', 'LAN_2_0', '-I', String(suite), ...where, '--stat']);
    assert.equal(said, '127.0.0.1: on\n');
  });
}

test('ipmitool finds its suite in the list of the fake BMC, and is refused with a wrong password or without K_g', {
  skip: await missing('ipmitool', 'apt-get install ipmitool'),
}, async () => {
  await using bmc = await FakeBmc.start({ suites: [17, 3] });
  const where = ['-H', bmc.address, '-p', String(bmc.port), '-U', bmc.username];
  assert.match(
    await run('ipmitool', ['-I', 'lanplus', ...where, '-E', 'mc', 'info']),
    /^Firmware Revision +: 9\.08$/m,
  );
  await assert.rejects(
    run('ipmitool', ['-I', 'lanplus', '-C', '17', ...where, '-P', 'not-it', 'mc', 'info']),
  );
  await using keyed = await FakeBmc.start({ bmcKey: 'the-key' });
  await assert.rejects(ipmitool(keyed, 17, 'mc', 'info'));
  assert.match(await ipmitool(keyed, 17, '-k', 'the-key', 'mc', 'info'), /^IPMI Version +: 2\.0$/m);
});
