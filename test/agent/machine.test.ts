import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import type { AgentEvent } from '../../lib/agent/index.ts';
import type { Machine } from '../../lib/api/index.ts';
import { lives } from '../support/lives.ts';
import { until } from '../support/until.ts';
import { FakePower, Scene } from './scene.ts';

suite('the agent of a machine', { concurrency: false }, () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open();
  });
  after(() => scene[Symbol.asyncDispose]());

  const set = (machine: Machine, field: string, value: unknown) =>
    scene.api.objects('machines').patch(machine.Uuid, [{ op: 'replace', path: `/${field}`, value }]);

  test('runs all tasks of all stages in order, once, and then waits', async () => {
    const tasks = [await scene.task(['echo 1']), await scene.task(['echo 2'])];
    const stages = await Promise.all(
      ['s-one', 's-two'].map((Name) => scene.api.objects('stages').create({ Name, Tasks: tasks })),
    );
    const { Name: Workflow } = await scene.api
      .objects('workflows')
      .create({ Name: 'two-stages', Stages: stages.map(({ Name }) => Name) });
    const machine = await scene.api.objects('machines').create({ Name: 'two', Workflow });
    const { states } = await scene.run(machine);
    const jobs = await scene.jobs(machine);
    assert.deepEqual(
      jobs.map(({ Stage, Task, State }) => `${Stage} ${Task} ${State}`),
      ['s-one', 's-two'].flatMap((stage) => tasks.map((task) => `${stage} ${task} finished`)),
    );
    assert.deepEqual(states.slice(0, 3), ['INIT', 'WAIT_FOR_RUNNABLE', 'RUN_TASK']);
    assert.deepEqual(states.slice(-4), ['RUN_TASK', 'WAIT_FOR_CHANGE_STAGE', 'EXIT', 'ENDED']);
    const again = await scene.run(machine);
    assert.equal((await scene.jobs(machine)).length, jobs.length, 'nothing is run a second time');
    assert.equal(again.end.by, 'time is up');
  });

  test('what it does can be iterated over, at the pace of the reader, and leaving the loop ends it', async () => {
    const machine = await scene.machine(
      await scene.task(['echo said; sleep 300']),
      await scene.task(['true']),
    );
    const seen: string[] = [];
    for await (const event of scene.agent(machine).events()) {
      seen.push(event.kind);
      if (event.kind === 'log' && /^said$/m.test(Buffer.from(event.text).toString())) break;
    }
    assert.deepEqual(seen.slice(0, 4), ['state', 'state', 'state', 'job']);
    assert.deepEqual(await scene.outcomes(machine), ['incomplete complete']);
  });

  test('a task that hangs is cancelled: its processes end, the job is incomplete, and it runs again later', async () => {
    const runnerFolder = scene.path('hangs');
    const task = await scene.task([
      'test -e "$RS_RUNNER_DIR/second" && exit 0; trap "" TERM; sleep 300 & echo $! $$ > "$RS_RUNNER_DIR/pids"; while :; do wait; done',
    ]);
    const machine = await scene.machine(task);
    const stop = new AbortController();
    const running = scene.run(machine, { runnerFolder }, stop.signal);
    await until(
      () =>
        readFile(`${runnerFolder}/pids`, 'utf8').then(
          (text) => text.endsWith('\n'),
          () => false,
        ),
      'the script',
    );
    const pids = (await readFile(`${runnerFolder}/pids`, 'utf8')).trim().split(' ');
    stop.abort();
    const { end } = await running;
    assert.deepEqual([end.by, end.error?.message], ['cancelled', 'AGENT: The agent was told to end']);
    for (const pid of pids) await until(() => !lives(Number(pid)), `the end of process ${pid}`);
    assert.deepEqual(await scene.outcomes(machine), ['incomplete complete']);
    assert.equal((await scene.now(machine)).Runnable, false);
    const [job] = await scene.jobs(machine);
    assert.ok(job);
    assert.match(await scene.log(job), /was ended: the agent is told to end/);
    await writeFile(`${runnerFolder}/second`, '');
    await scene.run(machine, { runnerFolder });
    const jobs = await scene.jobs(machine);
    assert.deepEqual(
      jobs.map(({ Uuid, State }) => [Uuid, State]),
      [[job.Uuid, 'finished']],
      'the same job is taken up again',
    );
  });

  test('a script that takes longer than it may is ended, and has failed', async () => {
    const machine = await scene.machine(await scene.task(['sleep 300']));
    await scene.run(machine, { scriptLimit: 50 });
    assert.deepEqual(await scene.outcomes(machine), ['failed failed']);
  });

  test('waits until the machine is runnable, and for what is set later', async () => {
    const first = await scene.task(['echo first']);
    const machine = await scene.machine(first);
    await set(machine, 'Runnable', false);
    const stop = new AbortController();
    const states: string[] = [];
    const onEvent = (event: AgentEvent) => {
      if (event.kind === 'state') states.push(event.state);
    };
    const options = { skipRunnable: true, oneshot: false, patience: 60_000, onEvent };
    const running = scene.run(machine, options, stop.signal);
    await until(() => states.at(-1) === 'WAIT_FOR_RUNNABLE', 'waiting');
    assert.deepEqual(await scene.jobs(machine), []);
    await set(machine, 'Runnable', true);
    await until(() => states.at(-1) === 'WAIT_FOR_CHANGE_STAGE', 'the end of the workflow');
    await set(machine, 'Workflow', await scene.workflow(await scene.task(['echo second'])));
    await until(async () => (await scene.outcomes(machine)).length === 2, 'the second task');
    await until(() => states.at(-1) === 'WAIT_FOR_CHANGE_STAGE', 'the end of the second workflow');
    stop.abort();
    const { end } = await running;
    assert.equal(end.by, 'cancelled');
    assert.deepEqual(await scene.outcomes(machine), ['finished complete', 'finished complete']);
  });

  test('a failed task leaves the machine not runnable; with exitOnFailure the agent ends', async () => {
    const machine = await scene.machine(await scene.task(['exit 1']), await scene.task(['echo never']));
    const { end } = await scene.run(machine, { exitOnFailure: true });
    assert.deepEqual([end.state, end.by], ['RUN_TASK', 'failed']);
    assert.deepEqual(await scene.outcomes(machine), ['failed failed']);
    await scene.run(machine, { skipRunnable: true });
    assert.equal((await scene.jobs(machine)).length, 1, 'it stays where it is');
    await scene.run(machine);
    assert.deepEqual(
      await scene.outcomes(machine),
      ['failed failed', 'failed failed'],
      'a new agent tries again',
    );
  });

  test('with a context, it runs the tasks of that context only, and lets the power alone', async () => {
    const [mine, theirs] = [await scene.task(['exit 64']), await scene.task(['echo own'])];
    await scene.api.objects('contexts').create({ Name: 'elsewhere', Engine: 'none', Image: 'none' });
    const machine = await scene.machine(theirs, 'context:elsewhere', mine, 'context:', theirs);
    const power = new FakePower();
    const own = await scene.run(machine, { power });
    assert.equal(own.end.by, 'time is up');
    assert.deepEqual(await scene.outcomes(machine), ['finished complete']);
    assert.equal((await scene.now(machine)).Context, 'elsewhere');
    const other = await scene.run(machine, { power, context: 'elsewhere' });
    assert.deepEqual([other.end.state, other.end.by], ['REBOOT', 'kept']);
    assert.deepEqual(await scene.outcomes(machine), ['finished complete', 'finished reboot']);
    // A job of a context leaves the machine to whoever makes it runnable.
    await set(machine, 'Runnable', true);
    await scene.run(machine, { power, context: 'elsewhere' });
    assert.equal((await scene.now(machine)).Context, '');
    await scene.run(machine, { power });
    assert.deepEqual((await scene.outcomes(machine)).slice(2), ['finished complete']);
    assert.deepEqual(power.calls, []);
  });

  test('power is not touched unless the agent is given it, and asked once when it is', async () => {
    for (const [code, what] of [
      [64, 'REBOOT'],
      [32, 'POWEROFF'],
    ] as const) {
      const machine = await scene.machine(await scene.task([`exit ${code}`]));
      const { end } = await scene.run(machine);
      assert.deepEqual([end.state, end.by], [what, 'kept']);
    }
    const power = new FakePower();
    power.failing = true;
    const machine = await scene.machine(await scene.task(['exit 64']));
    const { end } = await scene.run(machine, { power });
    assert.deepEqual(
      [end.state, end.by, end.error?.message],
      ['REBOOT', 'gives up', 'reboot is not permitted'],
    );
    assert.deepEqual(power.calls, ['reboot']);
    power.failing = false;
    const other = await scene.run(await scene.machine(await scene.task(['exit 64'])), { power });
    assert.deepEqual([other.end.state, other.end.by], ['REBOOT', 'gone']);
  });

  test('a loaded kernel is run in place of a reboot, and where that is not possible it reboots', async () => {
    const power = new FakePower();
    power.isLoaded = true;
    const { states, problems } = await scene.run(await scene.machine(await scene.task(['exit 64'])), {
      power,
    });
    assert.deepEqual(power.calls, ['kexec', 'reboot']);
    assert.deepEqual(states.slice(-3), ['KEXEC', 'REBOOT', 'ENDED']);
    assert.deepEqual(problems, ['kexec: this machine cannot']);
  });

  test('the kernel of another boot environment is loaded and run where that is allowed, and else it reboots', async () => {
    for (const Name of ['kexec-ok', 'last-boot-macaddr']) await scene.api.objects('params').create({ Name });
    await scene.api.objects('bootenvs').create({ Name: 'next', OS: { Name: 'next' } } as object);
    const files = scene.path('endpoint/tftpboot');
    await writeFile(`${files}/files/vmlinuz`, 'kernel');
    await writeFile(`${files}/files/initrd.img`, 'initrd');
    const kernelOf = async (lines: readonly string[], isAllowed = true) => {
      const machine = await scene.machine(
        await scene.task(['true']),
        'bootenv:next',
        await scene.task(['true']),
      );
      const own = scene.api.params('machines', machine.Uuid);
      await own.set('kexec-ok', isAllowed);
      await own.set('last-boot-macaddr', '02:00:00:00:00:01');
      await mkdir(`${files}/machines/${machine.Uuid}`, { recursive: true });
      await writeFile(`${files}/machines/${machine.Uuid}/kexec`, lines.join('\n'));
      const power = new FakePower();
      const { problems } = await scene.run(machine, { power });
      return { calls: power.calls, problems: problems.join('\n') };
    };
    const at = `${scene.endpoint.fileServerUrl}/files`;
    const whole = [`kernel ${at}/vmlinuz`, `initrd ${at}/initrd.img`, 'params console=ttyS0'];
    const loaded = await kernelOf(whole);
    assert.match(loaded.calls.join('|'), /^load console=ttyS0 BOOTIF=\S+\|kexec\|reboot$/);
    assert.deepEqual((await kernelOf(whole, false)).calls, ['reboot']);
    for (const [lines, problem] of [
      [['params x'], /no kernel is named/],
      [[...whole, `initrd ${at}/other`], /more than one initrd/],
      [[`kernel ${at}/gone`], /gone: 404/],
    ] as const) {
      const { calls, problems } = await kernelOf(lines);
      assert.deepEqual(calls, ['reboot']);
      assert.match(problems, problem);
    }
  });

  test('another boot environment reboots the machine, also when it has come while no agent ran', async () => {
    const bootenvs = scene.api.objects('bootenvs');
    await bootenvs.create({ Name: 'other', OS: { Name: 'other' } } as object);
    await bootenvs.create({ Name: 'os-install', OS: { Name: 'os' } } as object);
    const machine = await scene.machine(
      await scene.task(['true']),
      'bootenv:other',
      await scene.task(['true']),
    );
    const [power, stateFolder] = [new FakePower(), scene.path('state')];
    const first = await scene.run(machine, { power, stateFolder });
    assert.deepEqual([first.end.state, first.end.by, power.calls], ['REBOOT', 'gone', ['reboot']]);
    assert.deepEqual(await readdir(stateFolder), [`${machine.Uuid}.state`]);
    assert.equal((await scene.now(machine)).Runnable, false);
    // What there was when the computer was started is what counts, and it has not been started since.
    await set(machine, 'Workflow', '');
    await set(machine, 'BootEnv', 'os-install');
    const second = await scene.run(machine, { power, stateFolder });
    assert.deepEqual([second.states, second.end.by], [['INIT', 'EXIT', 'ENDED'], 'installing']);
    assert.deepEqual(power.calls, ['reboot']);
  });

  test('the stage changes by change-stage/map where there is no workflow', async () => {
    const task = await scene.task(['echo $0']);
    const stages = scene.api.objects('stages');
    for (const Name of ['m-one', 'm-two', 'm-three']) await stages.create({ Name, Tasks: [task] });
    await scene.api
      .objects('params')
      .create({ Name: 'change-stage/map', Schema: { type: 'object' } } as object);
    const machine = await scene.api.objects('machines').create({ Name: 'by-map', Stage: 'm-one' });
    const map = { 'm-one': 'm-two:Success', 'm-two': 'm-three:Stop' };
    await scene.api.params('machines', machine.Uuid).set('change-stage/map', map);
    const { end } = await scene.run(machine);
    assert.deepEqual([end.state, end.by], ['CHANGE_STAGE', 'stop']);
    const jobs = await scene.jobs(machine);
    assert.deepEqual(
      jobs.map(({ Stage }) => Stage),
      ['m-one', 'm-two'],
    );
    assert.equal((await scene.now(machine)).Stage, 'm-three');
  });

  test('a job that an earlier agent left in the middle has failed, and its task runs again; those before it do not', async () => {
    const machine = await scene.machine(await scene.task(['true']), await scene.task(['true']));
    await scene.api.jobs().next(machine.Uuid, '');
    const { problems } = await scene.run(machine);
    assert.match(problems.join('\n'), /was left created by an earlier agent: it has failed/);
    assert.deepEqual(await scene.outcomes(machine), [
      'failed failed',
      'finished complete',
      'finished complete',
    ]);
  });

  test('it ends when the machine is deleted, and cannot begin without one', async () => {
    const machine = await scene.machine(await scene.task(['true']));
    let waits = false;
    const running = scene.run(machine, {
      oneshot: false,
      patience: 60_000,
      onEvent: (event) => {
        waits ||= event.kind === 'state' && event.state === 'WAIT_FOR_CHANGE_STAGE';
      },
    });
    await until(() => waits, 'the end of the workflow');
    await scene.api.objects('machines').remove(machine.Uuid);
    const { end } = await running;
    assert.deepEqual([end.state, end.by], ['INIT', 'gives up']);
    await assert.rejects(scene.agent(machine).run(), { code: 404 });
  });

  test('folders of tasks are removed at the end, whatever it was', async () => {
    const parent = scene.path('tmp');
    await scene.api.objects('params').create({ Name: 'runner-tmpdir', Schema: { type: 'string' } } as object);
    const machine = await scene.machine(await scene.task(['exit 1']));
    await scene.api.params('machines', machine.Uuid).set('runner-tmpdir', parent);
    await scene.run(machine);
    await access(parent);
    assert.deepEqual(await readdir(parent), []);
  });
});
