import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ipmitool } from '../../lib/ipmi/index.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';

const never = new AbortController().signal;
const good = { address: '127.0.0.1', username: 'admin', password: 's3cr3t' };

const REFUSED: [over: object, message: RegExp][] = [
  [{ address: '' }, /^rpc: plugin\/ipmi: ipmi\/address: is empty$/],
  [{ address: '-Hx' }, /ipmi\/address: begins with "-"/],
  [{ address: '10.0.0.1\n' }, /ipmi\/address: holds/],
  [{ address: '10.0.0.1\0' }, /ipmi\/address: holds/],
  [{ address: 'a b' }, /ipmi\/address: holds/],
  [{ address: '10.0.0.1:623' }, /ipmi\/address: "10\.0\.0\.1:623" is neither an address nor a host name/],
  [{ address: '010.0.0.12' }, /ipmi\/address: "010\.0\.0\.12" is neither/],
  [{ address: '0x7f.1' }, /ipmi\/address: "0x7f\.1" is neither/],
  [{ username: '-I' }, /ipmi\/username: begins with "-"/],
  [{ username: 'ad\0min' }, /ipmi\/username: holds a control character/],
  [{ username: 'ad\nmin' }, /ipmi\/username: holds a control character/],
  [{ username: 'x'.repeat(17) }, /ipmi\/username: is longer than 16 bytes/],
  [{ username: 'ü'.repeat(9) }, /ipmi\/username: is longer than 16 bytes/],
  [{ password: 'x'.repeat(21) }, /ipmi\/password: is longer than 20 bytes/],
  [{ password: 'x\0' }, /ipmi\/password: holds a NUL or a line break/],
  [{ password: 'x\n' }, /ipmi\/password: holds a NUL or a line break/],
  [{ port: -1 }, /ipmi\/port-ipmitool: -1 is not a port/],
  [{ port: 65_536 }, /ipmi\/port-ipmitool: 65536 is not a port/],
  [{ port: 1.5 }, /ipmi\/port-ipmitool: 1\.5 is not a port/],
  [{ cipherSuite: 18 }, /ipmi\/cipher-suite: 18 is not a cipher suite/],
];

test('a value that ipmitool must not be given is refused with the name of its param, and nothing is run', async () => {
  await using fake = await fakeIpmitool('exit 0');
  const ipmitool = new Ipmitool({ path: fake.path });
  for (const [over, message] of REFUSED) {
    const call = ipmitool.withBmc({ ...good, ...over }, never, (run) => run(['mc', 'info']));
    await assert.rejects(call, (error: Error & { code?: number }) => {
      assert.equal(error.code, 400, JSON.stringify(over));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /xxxxx/);
      return true;
    });
  }
  assert.deepEqual(await fake.calls(), []);
});

test('addresses of every kind, and the port, reach ipmitool as its own arguments', async () => {
  await using fake = await fakeIpmitool('exit 0');
  const ipmitool = new Ipmitool({ path: fake.path });
  for (const over of [
    { address: '10.0.0.1' },
    { address: 'bmc-1.example.com', port: 1623 },
    { address: 'fe80::1%eth0' },
    { address: '[2001:db8::7]', port: 623 },
  ]) {
    await ipmitool.withBmc({ ...good, ...over }, never, (run) => run(['chassis', 'power', 'status']));
  }
  const rest = '-C 17 -N 1 -R 3 -v chassis power status';
  assert.deepEqual(
    (await fake.calls()).map((args) => args.join(' ')),
    [
      `-H 10.0.0.1 -U admin -E -I lanplus ${rest}`,
      `-H bmc-1.example.com -U admin -E -I lanplus -p 1623 ${rest}`,
      `-H fe80::1%eth0 -U admin -E -I lanplus ${rest}`,
      `-H 2001:db8::7 -U admin -E -I lanplus -p 623 ${rest}`,
    ],
  );
});

test('ipmitool gets the password by environment, and nothing else of ours', async () => {
  await using fake = await fakeIpmitool('[ "$IPMI_PASSWORD" = s3cr3t ] || exit 1');
  await new Ipmitool({ path: fake.path }).withBmc(good, never, (run) => run(['mc', 'info']));
  const own = new Set(['PATH', 'LC_ALL', 'IPMI_PASSWORD', 'TZ', 'PWD', 'OLDPWD', 'SHLVL', '_']);
  const names = await fake.environment();
  assert.ok(names.includes('IPMI_PASSWORD'));
  assert.deepEqual(
    names.filter((name) => !own.has(name)),
    [],
  );
});
