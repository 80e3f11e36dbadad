import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Scene } from '../agent/scene.ts';
import { lives } from '../support/lives.ts';
import { until } from '../support/until.ts';
import { Drpkit } from './drpkit.ts';
import { Runner } from './runner.ts';

suite('machines processjobs, and drpkit agent', { concurrency: false }, () => {
  let scene: Scene;
  let folder = '';
  let runner: Runner;
  before(async () => {
    scene = await Scene.open();
    folder = await mkdtemp(join(tmpdir(), 'processjobs-'));
    const { url, token } = scene.endpoint;
    runner = new Runner({ RS_ENDPOINT: url, RS_TOKEN: token, TMPDIR: folder });
  });
  after(async () => {
    runner[Symbol.dispose]();
    await scene[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('runs what there is to do, and what tasks set by drpcli is on the machine', async () => {
    const task = await scene.task(['. ./helper; set_param greeting \'"hi"\'; echo done']);
    await scene.api.objects('params').create({ Name: 'greeting', Schema: { type: 'string' } } as object);
    const machine = await scene.machine(task);
    const state = join(folder, 'state');
    const args = ['machines', 'processjobs', `Name:${machine.Name}`, '--oneshot', '--state-dir', state];
    const { code, stdout, stderr } = await runner.run(args);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^Starting task .*\n.*\n"hi"\ndone\nstep-1 exited with code 0\nTask .* finished\n$/s,
    );
    assert.match(stderr, /^agent: INIT\nagent: WAIT_FOR_RUNNABLE \(ready\)\nagent: RUN_TASK \(runnable\)\n/);
    assert.equal(await scene.api.params('machines', machine.Uuid).get('greeting'), 'hi');
    assert.deepEqual(await readdir(state), [`${machine.Uuid}.state`]);
  });

  test('what ran is told by the commands about machines and jobs', async () => {
    const task = await scene.task(['echo seen']);
    const { Name } = await scene.machine();
    const machine = `Name:${Name}`;
    const read = async (...args: string[]) => (await runner.json(...args)) as Record<string, unknown>;
    await read('machines', 'workflow', machine, '');
    const { Name: stage } = await scene.api.objects('stages').create({ Name: 'to-see', Tasks: [task] });
    assert.deepEqual((await read('machines', 'stage', machine, stage)).Tasks, [task]);
    assert.equal((await read('machines', 'pause', machine)).Runnable, false);
    assert.match(await runner.error('machines', 'jobs', 'create', machine), /is not runnable$/);
    assert.equal((await read('machines', 'run', machine)).Runnable, true);
    const made = await read('machines', 'jobs', 'create', machine);
    assert.deepEqual([made.State, made.Task], ['created', task]);
    const job = String(made.Uuid);
    assert.equal((await read('machines', 'jobs', 'state', machine, 'to', 'failed')).State, 'failed');
    await read('machines', 'run', machine);
    await runner.run(['machines', 'processjobs', machine, '--oneshot', '--state-dir', '']);
    assert.equal(await runner.text('machines', 'wait', machine, 'CurrentTask', '1', '5'), 'complete\n');
    assert.match(
      await runner.text('machines', 'currentlog', machine),
      /^Log for Job: .*\nStarting task .*^seen$/ms,
    );
    const current = await read('machines', 'jobs', 'current', machine);
    assert.deepEqual([current.State, current.Previous], ['finished', job]);
    await runner.text('jobs', 'log', job, 'added\n');
    assert.match(await runner.text('jobs', 'log', job), /added\n$/);
    const actions = await runner.json('jobs', 'actions', String(current.Uuid), '--for-os', 'linux');
    assert.match(JSON.stringify(actions), /echo seen/);
    assert.match(await runner.text('machines', 'deletejobs', machine), /^(Deleted Job .*\n){2}$/);
  });

  test('a task that fails is a failure of the agent if it is to end then', async () => {
    const machine = await scene.machine(await scene.task(['exit 1']));
    const args = ['machines', 'processjobs', machine.Uuid, '--oneshot', '--state-dir', ''];
    assert.equal((await runner.run(args)).code, 0);
    const { code, stderr } = await runner.run([...args, '--exit-on-failure']);
    assert.equal(code, 1);
    assert.match(stderr, /^Error: A task failed, and the agent was told to end then$/m);
  });

  test('the power is not touched, and where the endpoint runs it cannot be', async () => {
    const machine = await scene.machine(await scene.task(['exit 64']));
    const args = ['machines', 'processjobs', machine.Uuid, '--oneshot', '--state-dir', ''];
    const refused = await runner.run([...args, '--really-power']);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^Error: really-power: the endpoint .* runs on this computer/);
    assert.deepEqual(await scene.jobs(machine), []);
    const { code, stderr } = await runner.run(args);
    assert.equal(code, 0);
    assert.match(stderr, /agent: the machine is to reboot, which is not done without --really-power\n$/);
  });

  test('the machine is named by an argument or by RS_UUID', async () => {
    assert.match(await runner.error('machines', 'processjobs'), /^Error: id: needed, the machine/);
    const { code, stderr } = await runner.run(['machines', 'processjobs', 'Name:nobody']);
    assert.deepEqual([code, /Error: .*machines\/Name:nobody.*Not Found/.test(stderr)], [1, true], stderr);
  });

  test('drpkit agent begins anew when it was killed: no script goes on, and nothing that is done is done again', async () => {
    const pids = join(folder, 'pids');
    const done = join(folder, 'done');
    const tasks = [`echo once >> ${done}`, `echo $PPID $$ >> ${pids}; exec sleep 300`];
    const machine = await scene.machine(...(await Promise.all(tasks.map((script) => scene.task([script])))));
    const config = join(folder, 'agent-cfg.yml');
    const { url: Endpoints, token: Token } = scene.endpoint;
    await writeFile(config, JSON.stringify({ Endpoints, Token, MachineID: machine.Uuid, Context: '' }));
    const seen = async () => (await readFile(pids, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const args = ['agent', '--config', config, '--state-dir', ''];
    // One that is killed leaves the folder of its tasks behind.
    await using agent = await Drpkit.start(args, { env: { TMPDIR: folder } });
    await until(async () => (await seen()).length === 1, 'the first run of the task');
    const [first = ''] = await seen();
    process.kill(Number(first.split(' ')[0]), 'SIGKILL');
    await agent.printed(/The agent ended with code null\. It is started again in \d+ s\./);
    await until(async () => (await seen()).length === 2, 'the second run of the task');
    const states = (await scene.jobs(machine)).map(({ State }) => State);
    assert.deepEqual(states, ['finished', 'failed', 'running']);
    assert.equal(await readFile(done, 'utf8'), 'once\n');
    const { code } = await agent.end('SIGTERM');
    assert.equal(code, 0);
    const all = (await seen()).flatMap((line) => line.split(' ').map(Number));
    for (const pid of all) await until(() => !lives(pid), `the end of process ${pid}`);
    assert.deepEqual(
      (await scene.jobs(machine)).map(({ State }) => State),
      ['finished', 'failed', 'incomplete'],
    );
  });

  test('what is wrong with the configuration of an agent is said', async () => {
    const config = join(folder, 'bad.yml');
    await writeFile(config, 'Endpoints: https://127.0.0.1:1\nToken: t\n');
    assert.equal(
      await runner.error('agent', '--config', config),
      `Error: ${config}: MachineID: expected text`,
    );
    assert.match(await runner.error('agent', '--config', `${config}.none`), /^Error: config: ENOENT/);
    assert.match(await runner.error('agent', 'install'), /takes no arguments: it installs no service/);
  });
});
