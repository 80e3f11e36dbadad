import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fakeRacadm } from '../support/fake-racadm/index.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');

/** What every process of this machine that we may see tells of itself under this name. */
async function ofAllProcesses(name: 'cmdline' | 'environ'): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '')));
}

test('the password of an iDRAC is in no command line or environment and in nothing that the plugin writes', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async () => {
  const password = `idrac-${process.pid}-secret`;
  await using fake = await fakeRacadm();
  await fake.put('10.0.0.1', { password, fault: 'hang' });
  await fake.put('10.0.0.2', { password, fault: 'echo' });
  await fake.put('10.0.0.3', { password: 'another' });
  await fake.put('10.0.0.4', { password });
  await using provider = await ProviderProcess.start([process.execPath, MAIN], { env: { PATH: fake.path } });
  const act = (address: string, mode = 'racadm') =>
    provider.action(
      'poweron',
      {
        CommandSet: 'machines',
        Model: {},
        Params: {
          'ipmi/mode': mode,
          'ipmi/address': address,
          'ipmi/username': 'root',
          'ipmi/password': password,
        },
      },
      { 'x-log-request': 'trace' },
    );
  const stuck = act('10.0.0.1');
  await until(async () => (await fake.notes()).some(({ event }) => event === 'hanging'), 'racadm to run');
  const exposed = [...(await ofAllProcesses('cmdline')), ...(await ofAllProcesses('environ'))];
  assert.ok(exposed.some((text) => text.includes(fake.folder)));
  assert.ok(!exposed.some((text) => text.includes(password)));

  const others = [await act('10.0.0.2'), await act('10.0.0.3'), await act('10.0.0.4', 'racadmn')];
  const stopped = await provider.post('stop');
  const answers = [await stuck, ...others];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 502, 403, 200],
  );
  assert.equal(stopped.status, 200);
  const written = [
    JSON.stringify(provider.endpoint.posts),
    provider.stdout,
    provider.stderr,
    ...answers.map(({ text }) => text),
    JSON.stringify(await fake.notes()),
  ].join('\n');
  assert.match(written, /Not done for root with \*\*\*/);
  assert.ok(!written.includes(password));
});
