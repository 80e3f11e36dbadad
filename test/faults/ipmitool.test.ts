import assert from 'node:assert/strict';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findExecutable } from '../../lib/process/index.ts';
import { fakeIpmitool } from '../ipmi/fake-ipmitool.ts';
import { binary } from '../support/binary.ts';
import { startBmc } from '../support/ipmi-simulator.ts';
import { lives } from '../support/lives.ts';
import { type Answer, ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { scratch } from './finished.ts';
import { act as actBy, messagesOf, type Reach } from './ipmi-action.ts';
import { memoryKb } from './processes.ts';

/** By the program ipmitool, not natively. */
function act(
  provider: ProviderProcess,
  command: string,
  reach: Reach,
  params: Record<string, unknown> = {},
): Promise<Answer> {
  return actBy(provider, command, reach, { 'ipmi/transport': 'ipmitool', ...params });
}

const NOWHERE = { address: '10.0.0.1', username: 'admin', password: 'never-told' };
const MEGABYTES = 100;

/** Prints so much; no line of it ends. */
const flood = `head -c ${MEGABYTES * 1_000_000} /dev/zero | tr '\\0' x`;

/** Does what the test has put in the file `mode`. */
const MODES = `
case $(cat mode 2>/dev/null) in
stdout) ${flood} ;;
stderr) ${flood} >&2; exit 1 ;;
lines) yes 'no such thing' | head -c ${MEGABYTES * 1_000_000} >&2; exit 1 ;;
megabyte) head -c 1000000 /dev/zero | tr '\\0' x ;;
killed) kill -s KILL $$ ;;
empty) exit 0 ;;
*) echo 'Chassis Power is on' ;;
esac`;

describe('ipmitool', { concurrency: 2 }, () => {
  test('that is missing is an error that says so; once it is there, it is used', async () => {
    await using folder = await scratch();
    const tool = await findExecutable('ipmitool', process.env.PATH ?? '');
    const bmc = await startBmc({ address: '127.0.0.32' });
    try {
      await using provider = await ProviderProcess.start([binary('ipmi')], { env: { PATH: folder.path } });
      const missing = await act(provider, 'poweron', bmc);
      assert.equal(missing.status, 404);
      assert.match(messagesOf(missing), /ipmitool is not/);
      assert.equal(await bmc.power(), 'off');
      await symlink(tool ?? '', join(folder.path, 'ipmitool'));
      assert.equal((await act(provider, 'poweron', bmc)).status, 200);
      assert.equal(await bmc.power(), 'on');
      await rm(join(folder.path, 'ipmitool'));
      assert.equal((await act(provider, 'poweroff', bmc)).status, 404);
      assert.equal(await bmc.power(), 'on');
    } finally {
      await bmc.close();
    }
  });

  test(`that prints ${MEGABYTES} MB, or dies, is a short error; memory is bounded, and the next call works`, async () => {
    await using tool = await fakeIpmitool(MODES);
    await using provider = await ProviderProcess.start([binary('ipmi')], { env: { PATH: tool.path } });
    const failures: [mode: string, says: RegExp][] = [
      ['stdout', /ipmitool was stopped because it printed too much/],
      ['stderr', /ipmitool failed with code 1/],
      ['lines', /ipmitool failed with code 1/],
      ['killed', /a signal ended ipmitool/],
    ];
    for (const [mode, says] of failures) {
      await tool.put('mode', mode);
      const answer = await act(provider, 'powerstatus', NOWHERE);
      assert.equal(answer.status, 502, mode);
      assert.match(messagesOf(answer), says);
      await tool.put('mode', 'well');
      assert.equal((await act(provider, 'powerstatus', NOWHERE)).json, 'Chassis Power is on\n');
      assert.ok(answer.text.length < 3000, `${mode}: ${answer.text.length}`);
    }
    assert.ok((await memoryKb(provider.child.pid ?? 0, 'VmHWM')) < 300_000);
    await until(() => provider.endpoint.lines.length >= 8, 'the log');
    assert.ok(provider.endpoint.lines.every(({ Message }) => Message.length < 3000));
  });

  test('that answers with a megabyte of something else is an error that quotes its start', async () => {
    await using tool = await fakeIpmitool(MODES);
    await using provider = await ProviderProcess.start([binary('ipmi')], { env: { PATH: tool.path } });
    await tool.put('mode', 'megabyte');
    const json = { 'ipmi/result-format': 'json' };
    for (const [command, params] of [
      ['powerstatus', json],
      ['getBoot', {}],
    ] as const) {
      const answer = await act(provider, command, NOWHERE, params);
      assert.equal(answer.status, 502, answer.text.slice(0, 300));
      assert.match(messagesOf(answer), /ipmitool printed no .*: x{200}…/);
      assert.ok(answer.text.length < 1000, command);
    }
    await tool.put('mode', 'empty');
    assert.equal((await act(provider, 'powerstatus', NOWHERE, json)).status, 502);
  });

  test('that hangs and takes no signal goes with the plugin, whether that is stopped or killed', async () => {
    for (const end of ['stop', 'kill'] as const) {
      await using tool = await fakeIpmitool(
        "trap '' TERM HUP INT; echo $$ >> notes; while :; do sleep 0.05; done",
      );
      await using provider = await ProviderProcess.start([binary('ipmi')], { env: { PATH: tool.path } });
      const answer = act(provider, 'poweron', NOWHERE).catch((error: unknown) => error);
      await until(async () => (await tool.notes()).length > 0, 'the tool');
      const [pid = ''] = await tool.notes();
      // It is past the start of the tool when it answers this.
      assert.equal((await provider.action('unknown')).status, 404);
      if (end === 'kill') provider.child.kill('SIGKILL');
      else {
        assert.equal((await provider.post('stop')).status, 200);
        assert.equal(((await answer) as { status: number }).status, 503);
      }
      await provider.exited;
      await answer;
      await until(() => !lives(Number(pid)), 'the end of the tool');
    }
  });
});
