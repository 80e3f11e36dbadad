import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import { type Answer, ProviderProcess } from '../../support/provider-process.ts';
import { until } from '../../support/until.ts';
import { furnish } from '../commands/furnished.ts';

const MAIN = join(import.meta.dirname, '../../../cmd/ipmi/main.ts');
const ACTIONS = [
  ...[
    'powerstatus',
    'poweron',
    'powercycle',
    'powerreset',
    'powersoft',
    'poweroff',
    'nmi',
    'identify',
    'status',
  ],
  ...[
    'nextbootpxe',
    'nextbootdisk',
    'nextbootcd',
    'nextbootbios',
    'forcebootpxe',
    'forcebootdisk',
    'clearBoot',
  ],
  ...['getInfo', 'getBoot', 'sel', 'clearSel', 'sensors', 'solInfo', 'getLan', 'getBios'],
];

test('without ipmitool neither password nor K_g leaves the process, nor reaches a file, a log or an error', async () => {
  const [password, key] = ['pw-never-shown', 'kg-never-shown'];
  await using bmc = await FakeBmc.start({ password, bmcKey: key });
  furnish(bmc.machine);
  const wire: Buffer[] = [];
  bmc.tap = (datagram) => wire.push(datagram);
  const env = { PATH: '/nonexistent' };
  await using provider = await ProviderProcess.start([process.execPath, MAIN], { env });
  const answers: Answer[] = [];
  const act = async (command: string, params: Record<string, unknown> = {}) => {
    const Params = {
      'ipmi/mode': 'ipmitool',
      'ipmi/address': bmc.address,
      'ipmi/port-ipmitool': bmc.port,
      'ipmi/username': bmc.username,
      'ipmi/password': password,
      'ipmi/kg-key': key,
      'ipmi/retry-time': 0,
      'detected-bios-mode': 'uefi',
      ...params,
    };
    const body = { CommandSet: 'machines', Model: {}, Params };
    answers.push(await provider.action(command, body, { 'x-log-request': 'trace' }));
  };
  for (const command of ACTIONS) await act(command);
  await act('console');
  const opened = answers.pop() ?? assert.fail();
  const { ticket } = opened.json as { ticket: string };
  const request = { ticket, number: 1, input: Buffer.from('typed-never-shown').toString('base64') };
  for (const route of ['type', 'read', 'close']) {
    const { status } = await provider.send('POST', `/plugin-apis/ipmi/console/${route}`, {
      body: { ...request, wait: 0 },
      headers: { 'x-log-request': 'trace' },
    });
    assert.equal(status, 200);
  }
  await until(() => bmc.serial.typed === 'typed-never-shown', 'it to be typed');
  assert.ok(answers.filter(({ status }) => status === 200).length > 15);
  bmc.faults = { codes: { '00/02': { code: 0xff, times: 9 } } };
  await act('poweron');
  await act('poweron', { 'ipmi/password': `${password}!` });
  await act('poweron', { 'ipmi/kg-key': `${key}!` });
  await act('poweron', { 'ipmi/kg-key': `${key}-which-is-too-long` });
  await act('poweron', { 'ipmi/username': password });
  bmc.faults = { isOld: true };
  bmc.forgetSessions();
  await act('poweron', { 'ipmi/password': `${password}!` });
  assert.ok(answers.slice(-6).every(({ status }) => status >= 400));
  const files = await readdir(provider.folder, { withFileTypes: true, recursive: true });
  const texts = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
  const written = [
    JSON.stringify(provider.endpoint.posts),
    provider.stdout,
    provider.stderr,
    ...answers.map(({ text }) => text),
    ...(await Promise.all(texts)),
  ].join('\n');
  assert.ok(!written.includes(password), 'the password is in nothing that was written');
  assert.ok(!written.includes(key), 'K_g is in nothing that was written');
  for (const secret of [ticket, request.input, bmc.serial.typed]) assert.ok(!written.includes(secret));
  assert.ok(wire.length > 100);
  // A user name is sent in the clear: here it was the password, once for each way of logging in.
  const shown = wire.filter((datagram) => datagram.includes(password));
  assert.ok(shown.every((datagram) => datagram[5] === 0x12));
  assert.ok(!wire.some((datagram) => datagram.includes(key)));
});
