import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { resultAtEndpoint } from '../../lib/agent/index.ts';
import type { Job } from '../../lib/api/index.ts';
import { FakePower, Scene } from './scene.ts';

suite('one job', { concurrency: false }, () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open();
  });
  after(() => scene[Symbol.asyncDispose]());

  test('files are written and scripts run in the folder of the task, which is gone afterwards', async () => {
    const file = scene.path('absolute/file');
    const task = await scene.task([
      { Path: 'sub/settings.txt', Contents: 'for {{ .Machine.Name }}\n' },
      { Path: `${file}`, Contents: 'absolute' },
      'cat sub/settings.txt; test "$PWD" = "$RS_TASK_DIR"; stat -c %a helper "$0" sub/settings.txt',
      'echo error >&2; echo out; touch left',
      'test -e left && printf "no end of line"',
    ]);
    const machine = await scene.machine(task);
    const runner = scene.path('runner');
    const { end } = await scene.run(machine, { runnerFolder: runner });
    assert.deepEqual(end, { state: 'WAIT_FOR_CHANGE_STAGE', by: 'time is up', error: undefined });
    assert.deepEqual(await scene.outcomes(machine), ['finished complete']);
    const [job] = await scene.jobs(machine);
    assert.ok(job);
    const log = await scene.log(job);
    const { Workflow, Stage } = machine;
    assert.equal(
      log.replace(/^Log for Job: .*\n/, ''),
      [
        `Starting task ${Workflow}:${Stage}:${task} on ${machine.Name}`,
        'Writing step-1 to sub/settings.txt',
        `Writing step-2 to ${file}`,
        'Starting step-3',
        `for ${machine.Name}`,
        '600\n700\n644',
        'step-3 exited with code 0',
        'Starting step-4',
        'error\nout',
        'step-4 exited with code 0',
        'Starting step-5',
        'no end of linestep-5 exited with code 0',
        `Task ${task} finished\n`,
      ].join('\n'),
    );
    assert.equal(await readFile(file, 'utf8'), 'absolute');
    assert.deepEqual(
      await readdir(runner),
      ['bin'],
      'a folder that was given stays, that of the task does not',
    );
    const { WorkflowComplete, Runnable } = await scene.now(machine);
    assert.deepEqual([WorkflowComplete, Runnable], [true, true]);
  });

  test('scripts know their machine, endpoint and folders, and not which job they are', async () => {
    const task = await scene.task(['env -0 > "$RS_RUNNER_DIR/environment"; command -v drpcli']);
    const machine = await scene.machine(task);
    const runnerFolder = scene.path('environment');
    process.env.RS_KEY = 'user:never-told';
    await scene.run(machine, { runnerFolder, programs: { drpcli: '/bin/true' } });
    delete process.env.RS_KEY;
    const [job] = await scene.jobs(machine);
    assert.ok(job);
    const text = await readFile(`${runnerFolder}/environment`, 'utf8');
    const environment = Object.fromEntries(text.split('\0').map((line) => line.split(/=(.*)/s, 2)));
    const {
      RS_UUID,
      RS_ENDPOINT,
      RS_TOKEN,
      RS_RUNNER_DIR,
      RS_TASK_DIR = '',
      TMPDIR,
      TMP,
      HOME,
    } = environment;
    assert.deepEqual(
      { RS_UUID, RS_ENDPOINT, RS_TOKEN, RS_RUNNER_DIR, TMPDIR, TMP, HOME },
      {
        RS_UUID: machine.Uuid,
        RS_ENDPOINT: scene.api.endpoint,
        RS_TOKEN: scene.endpoint.token,
        RS_RUNNER_DIR: runnerFolder,
        TMPDIR: scene.root,
        TMP: scene.root,
        HOME: process.env.HOME ?? runnerFolder,
      },
    );
    assert.ok(RS_TASK_DIR.startsWith(`${runnerFolder}/${task}-`));
    assert.doesNotMatch(text, /never-told/);
    assert.ok(!text.includes(job.Uuid));
    assert.match(await scene.log(job), new RegExp(`^${runnerFolder}/bin/drpcli$`, 'm'));
  });

  test('a program that is missing says what to do', async () => {
    const task = await scene.task(['drpcli machines list']);
    const machine = await scene.machine(task);
    const { PATH } = process.env;
    process.env.PATH = '/usr/bin:/bin';
    await scene.run(machine).finally(() => {
      process.env.PATH = PATH;
    });
    const [job] = await scene.jobs(machine);
    assert.ok(job);
    assert.match(
      await scene.log(job),
      /^drpcli: this task needs the program drpcli, which this machine lacks: /m,
    );
    assert.equal(job.State, 'failed');
  });

  const codes: readonly [code: number, features: string, outcome: string, end: string][] = [
    [0, 'sane-exit-codes', 'finished complete', 'WAIT_FOR_CHANGE_STAGE'],
    [16, 'sane-exit-codes', 'finished stop', 'RUN_TASK'],
    [32, 'sane-exit-codes', 'finished poweroff', 'POWEROFF'],
    [64, 'sane-exit-codes', 'finished reboot', 'REBOOT'],
    [128, 'sane-exit-codes', 'incomplete complete', 'WAIT_FOR_RUNNABLE'],
    [144, 'sane-exit-codes', 'incomplete stop', 'RUN_TASK'],
    [160, 'sane-exit-codes', 'incomplete poweroff', 'POWEROFF'],
    [192, 'sane-exit-codes', 'incomplete reboot', 'REBOOT'],
    [1, 'sane-exit-codes', 'failed failed', 'WAIT_FOR_RUNNABLE'],
    [255, 'sane-exit-codes', 'failed failed', 'WAIT_FOR_RUNNABLE'],
    [0, 'original-exit-codes', 'finished complete', 'WAIT_FOR_CHANGE_STAGE'],
    [1, 'original-exit-codes', 'finished reboot', 'REBOOT'],
    [2, 'original-exit-codes', 'incomplete complete', 'WAIT_FOR_RUNNABLE'],
    [3, 'original-exit-codes', 'incomplete reboot', 'REBOOT'],
    [16, 'original-exit-codes', 'failed failed', 'WAIT_FOR_RUNNABLE'],
  ];

  test('each exit code makes of job, machine and power what it stands for', async () => {
    const check = async ([code, features, outcome, state]: (typeof codes)[number]) => {
      const machine = await scene.machine(await scene.task([`exit ${code}`], features));
      const power = new FakePower();
      const { end } = await scene.run(machine, { power });
      const what = `${code} with ${features}`;
      assert.deepEqual([await scene.outcomes(machine), end.state], [[outcome], state], what);
      const { Runnable } = await scene.now(machine);
      assert.equal(Runnable, code === 0, `${what}: anything but success leaves the machine not runnable`);
      const switched = state === 'POWEROFF' ? ['poweroff'] : state === 'REBOOT' ? ['reboot'] : [];
      assert.deepEqual(power.calls, switched, what);
    };
    await Promise.all(codes.map(check));
  });

  test('the functions of the helper end a task as they are called, whatever codes it has', async () => {
    const wanted: Record<string, string> = {
      exit_stop: 'finished stop',
      exit_shutdown: 'finished poweroff',
      exit_reboot: 'finished reboot',
      exit_incomplete: 'incomplete complete',
      exit_incomplete_shutdown: 'incomplete poweroff',
      exit_incomplete_reboot: 'incomplete reboot',
    };
    const check = async ([name, outcome]: [string, string]) => {
      const machine = await scene.machine(await scene.task([`. ./helper; ${name}`], 'original-exit-codes'));
      await scene.run(machine);
      assert.deepEqual(await scene.outcomes(machine), [outcome], name);
    };
    await Promise.all(Object.entries(wanted).map(check));
  });

  test('one that asks for something before the last ends the job, which is then incomplete; only "incomplete" is enough', async () => {
    const outcomes = async (...scripts: string[]) => {
      const machine = await scene.machine(await scene.task(scripts));
      await scene.run(machine, { power: new FakePower() });
      const [job] = await scene.jobs(machine);
      assert.ok(job);
      assert.doesNotMatch(await scene.log(job), /not reached/);
      return `${job.State} ${job.ExitState}`;
    };
    const rest = 'echo not reached';
    assert.equal(await outcomes('exit 64', rest), 'incomplete reboot');
    assert.equal(await outcomes('exit 16', rest), 'incomplete stop');
    assert.equal(await outcomes('exit 128', rest), 'finished complete');
    assert.equal(await outcomes('exit 7', rest), 'failed failed');
    assert.equal(await outcomes('kill -9 $$', rest), 'failed failed');
  });

  test('what cannot be rendered, or would be written elsewhere, fails the job and says why', async () => {
    const cases: [Parameters<Scene['task']>[0][number], RegExp][] = [
      ['echo {{ .Param "not-there" }}', /No such machine parameter not-there/],
      [{ Path: '../../out', Contents: 'x' }, /leads out of the folder of the task/],
    ];
    for (const [script, said] of cases) {
      const machine = await scene.machine(await scene.task([script]));
      await scene.run(machine);
      const [job] = await scene.jobs(machine);
      assert.ok(job);
      assert.deepEqual([job.State, job.ExitState], ['failed', 'failed']);
      assert.match(await scene.log(job), said);
    }
  });

  test('an interpreter is run as the template says, and templates of other systems are not', async () => {
    const only = (OS: string, Contents: string, Interpreter = '') => ({
      Path: '',
      Contents,
      Meta: { OS, Interpreter },
    });
    const task = await scene.task([
      only('linux,darwin', 'the text of the script\n', '/bin/cat'),
      only('windows', 'exit 1'),
      only('any', '#!/bin/sh\necho any system\n'),
    ]);
    const machine = await scene.machine(task);
    await scene.run(machine);
    const [job] = await scene.jobs(machine);
    assert.ok(job);
    assert.equal(job.State, 'finished');
    assert.match(await scene.log(job), /^the text of the script\nstep-1 exited.*^any system$/ms);
  });

  test('much output arrives whole and in order, and a slow endpoint makes the script wait', async () => {
    const machine = await scene.machine(await scene.task(['seq 1 200000']));
    await scene.run(machine);
    const [job] = await scene.jobs(machine);
    assert.ok(job);
    const numbers = (await scene.log(job)).split('\n').filter((line) => /^\d+$/.test(line));
    assert.equal(numbers.length, 200_000);
    assert.ok(numbers.every((line, at) => line === String(at + 1)));
  });

  test('what a script leaves behind does not hold up its job', async () => {
    const machine = await scene.machine(await scene.task(['sleep 300 & echo $! > "$RS_RUNNER_DIR/pid"']));
    const runnerFolder = scene.path('left');
    await scene.run(machine, { runnerFolder });
    assert.deepEqual(await scene.outcomes(machine), ['finished complete']);
    const pid = Number(await readFile(`${runnerFolder}/pid`, 'utf8'));
    // It goes on: a service that a task starts is meant to.
    process.kill(pid);
  });

  test('a job that the endpoint runs itself is taken as it ended', () => {
    const job = (State: string) => ({ Uuid: 'j', Task: 'action:ipmi:poweron', State }) as Job;
    assert.equal(resultAtEndpoint(job('finished')).state, 'finished');
    assert.equal(resultAtEndpoint(job('failed')).state, 'failed');
    for (const state of ['created', 'running', 'incomplete']) {
      assert.throws(() => resultAtEndpoint(job(state)), { message: new RegExp(`its job is ${state}`) });
    }
  });
});
