import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ipmitool } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { growingLimit } from '../support/growing-limit.ts';
import { until } from '../support/until.ts';
import { type FakeIpmitool, fakeIpmitool } from './fake-ipmitool.ts';

const bmc = { address: '127.0.0.1', username: 'admin', password: 'only-in-the-env' };
const never = new AbortController().signal;

function powerStatus(fake: FakeIpmitool, timeLimitMs: number, signal = never) {
  return new Ipmitool({ path: fake.path }).withBmc(bmc, signal, (call) =>
    call(['chassis', 'power', 'status'], { timeLimitMs }),
  );
}

/** A process that has ended, and was not waited for yet, is not running. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

const there = (fake: FakeIpmitool, name: string) =>
  access(join(fake.folder, name)).then(
    () => true,
    () => false,
  );

/** Returns the pid that the tool notes before it hangs. */
function stoppedAtLimit(fake: FakeIpmitool): Promise<number> {
  return growingLimit(300, async (limitMs) => {
    await assert.rejects(powerStatus(fake, limitMs), (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, 504);
      assert.ok(error.message.includes(`BMC 127.0.0.1:623: ipmitool was stopped after ${limitMs / 1000} s`));
      return true;
    });
    const [pid] = await fake.notes();
    return pid === undefined ? undefined : Number(pid);
  });
}

test('a tool that hangs is killed at the limit, with what it started', async () => {
  await using fake = await fakeIpmitool('sleep 600 & echo $! >> notes; wait');
  const helper = await stoppedAtLimit(fake);
  await until(async () => !(await isRunning(helper)), 'the helper to be gone');
});

test('a tool that ignores SIGTERM gets SIGKILL', async () => {
  await using fake = await fakeIpmitool('trap "" TERM; echo $$ >> notes; while :; do sleep 1; done');
  const pid = await stoppedAtLimit(fake);
  await until(async () => !(await isRunning(pid)), 'the tool to be gone');
});

test('an abort kills the tool, and its reason is the error', async () => {
  await using fake = await fakeIpmitool('touch started; sleep 600');
  const stopping = new AbortController();
  const reason = new ModelError(503, 'Plugin ipmi is stopping');
  const call = powerStatus(fake, 60_000, stopping.signal);
  const outcome = assert.rejects(call, (error) => error === reason);
  await until(() => there(fake, 'started'), 'the tool to start');
  stopping.abort(reason);
  await outcome;
});

test('an abort with a reason of another kind is a ModelError too, for a running call and for a waiting one', async () => {
  await using fake = await fakeIpmitool('touch started; sleep 600');
  const stopping = new AbortController();
  const ipmitool = new Ipmitool({ path: fake.path });
  const call = () => ipmitool.withBmc(bmc, stopping.signal, (run) => run(['chassis', 'power', 'on']));
  const cancelled = {
    name: 'ModelError',
    code: 503,
    messages: ['BMC 127.0.0.1:623: the call was cancelled'],
  };
  const outcomes = [assert.rejects(call(), cancelled), assert.rejects(call(), cancelled)];
  await until(() => there(fake, 'started'), 'the tool to start');
  stopping.abort();
  await Promise.all(outcomes);
  await assert.rejects(call(), cancelled);
  assert.equal((await fake.calls()).length, 1);
});

test('a tool that prints without end is stopped', async () => {
  await using fake = await fakeIpmitool('head -c 100000000 /dev/zero; touch finished');
  await assert.rejects(powerStatus(fake, 60_000), { code: 502, message: /printed too much/ });
  assert.equal(await there(fake, 'finished'), false);
});

test('diagnostics without end are read, and do not become the result or a failure', async () => {
  await using fake = await fakeIpmitool(
    'head -c 3000000 /dev/zero | tr "\\0" x >&2; echo Chassis Power is on',
  );
  const { stdout, stderr } = await powerStatus(fake, 60_000);
  assert.equal(stdout, 'Chassis Power is on\n');
  assert.equal(stderr.length, 64 * 1024);
});

test('with no ipmitool on the PATH, nothing is run', async () => {
  for (const path of ['', '/nonexistent', '.:bin']) {
    const ipmitool = new Ipmitool({ path });
    assert.equal(await ipmitool.isInstalled(), false);
    const call = ipmitool.withBmc(bmc, never, (run) => run(['chassis', 'power', 'status']));
    await assert.rejects(call, { code: 404, message: /ipmitool is not on the PATH/ });
  }
});

test('an ipmitool that is not a program is an error', async () => {
  await using fake = await fakeIpmitool('exit 0');
  await fake.put('bin/ipmitool', '#!/nonexistent/interpreter\n');
  await assert.rejects(powerStatus(fake, 60_000), { code: 500, message: /ipmitool cannot be started/ });
});

test('a tool that a signal ends is an error', async () => {
  await using fake = await fakeIpmitool('kill -s KILL $$');
  await assert.rejects(powerStatus(fake, 60_000), { code: 502, message: /a signal ended ipmitool/ });
});

test('an abort before the call runs nothing', async () => {
  await using fake = await fakeIpmitool('exit 0');
  await assert.rejects(powerStatus(fake, 60_000, AbortSignal.abort()), { code: 503 });
  assert.deepEqual(await fake.calls(), []);
});

test('arguments that the system does not take are an error', async () => {
  await using fake = await fakeIpmitool('exit 0');
  const call = new Ipmitool({ path: fake.path }).withBmc(bmc, never, (run) => run(['x'.repeat(3_000_000)]));
  await assert.rejects(call, { code: 500, message: /ipmitool cannot be started: .*E2BIG/ });
});

test('a helper that got away, and keeps the output open, does not hold up the call', async () => {
  await using fake = await fakeIpmitool('setsid sh -c "echo \\$\\$ >> notes; exec sleep 600" & wait');
  try {
    await assert.rejects(powerStatus(fake, 300), { code: 504 });
  } finally {
    for (const pid of await fake.notes()) process.kill(Number(pid), 'SIGKILL');
  }
});
