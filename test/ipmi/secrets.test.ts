import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');

/** The command lines of all processes of this machine that we may see. */
async function commandLines(): Promise<Map<number, string>> {
  const lines = new Map<number, string>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line !== '') lines.set(Number(pid), line.replaceAll('\0', ' '));
  }
  return lines;
}

test('the password is on no command line and in nothing that the plugin writes, whatever happens', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async () => {
  const password = `pw-${process.pid}-secret`;
  await using fake = await fakeIpmitool(`
    case "$*" in
    *'power status') echo "Chassis Power is on"; exit ;;
    *'power on') read -r _ < go ;;
    *'power off') echo "no: $IPMI_PASSWORD" >&2; exit 1 ;;
    *'power cycle') kill -s KILL $$ ;;
    esac
    echo done`);
  const go = await fake.gate('go');
  await using provider = await ProviderProcess.start([process.execPath, MAIN], { env: { PATH: fake.path } });
  const act = (command: string, over: Record<string, unknown> = {}) =>
    provider.action(
      command,
      {
        CommandSet: 'machines',
        Model: {},
        Params: {
          'ipmi/mode': 'ipmitool',
          'ipmi/transport': 'ipmitool',
          'ipmi/address': '10.0.0.1',
          'ipmi/username': 'admin',
          'ipmi/password': password,
          'detected-bios-mode': 'uefi',
          ...over,
        },
      },
      { 'x-log-request': 'trace' },
    );
  const on = act('poweron');
  await until(
    async () => [...(await commandLines()).values()].some((line) => line.includes(fake.folder)),
    'the tool to run',
  );
  const exposed = [...(await commandLines()).values()].filter((line) => line.includes(password));
  assert.deepEqual(exposed, []);
  await go();
  const answers = [
    await on,
    await act('poweroff'),
    await act('powercycle'),
    await act('nextbootpxe', { 'detected-bios-mode': 'x' }),
    await act('poweron', { 'ipmi/address': '-x' }),
    await act('poweron', { 'ipmi/password': [password] }),
    await act('poweron', { 'ipmi/password': password.repeat(2) }),
    await act('getBios'),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 502, 502, 400, 400, 400, 400, 404],
  );
  await until(() => provider.endpoint.lines.length >= answers.length, 'the log lines');
  const written = [
    JSON.stringify(provider.endpoint.posts),
    provider.stdout,
    provider.stderr,
    ...answers.map(({ text }) => text),
    JSON.stringify(await fake.calls()),
  ].join('\n');
  assert.match(written, /no: \*\*\*/);
  assert.ok(!written.includes(password));
});
