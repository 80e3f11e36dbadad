import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Machine } from '../../lib/api/index.ts';
import { Scene } from './scene.ts';

const MIB = 2 ** 20;
const MACHINES = 100;
/** FLEET_TASKS=10 takes half a minute of CPU: for who changes what this is about. */
const TASKS = Number(process.env.FLEET_TASKS ?? 2);

test(`${MACHINES} machines with agents at one endpoint run ${TASKS} tasks each: all end, with whole logs, in bounded memory`, async () => {
  await using scene = await Scene.open();
  const tasks: string[] = [];
  for (let at = 0; at < TASKS; at += 1) {
    // Most write a file only: a thousand processes would measure the operating system.
    const script = at === TASKS - 1 ? 'seq 1 100' : { Path: 'file', Contents: `{{ .Machine.Name }} ${at}\n` };
    tasks.push(await scene.task([script]));
  }
  const Workflow = await scene.workflow(...tasks);
  const machines: Machine[] = [];
  for (let at = 0; at < MACHINES; at += 1) {
    machines.push(await scene.api.objects('machines').create({ Name: `node-${at}`, Workflow }));
  }
  const { heapUsed: before, rss } = memory();
  let most = rss;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  const runs = await Promise.all(machines.map((machine) => scene.run(machine)));
  clearInterval(watch);

  for (const { end, problems } of runs) {
    // All share this process: on a starved machine, a hundred handshakes at once take longer than a client waits for one,
    // and it tries again.
    const others = problems.filter(
      (problem) => !problem.endsWith("Timeout awaiting 'secureConnect' for 10000ms"),
    );
    assert.deepEqual([end.by, others], ['time is up', []]);
  }
  const jobs = (await scene.api.objects('jobs').list()).filter(({ Task }) => !Task.includes(':'));
  assert.equal(jobs.length, MACHINES * TASKS);
  for (const { State, ExitState } of jobs) assert.deepEqual([State, ExitState], ['finished', 'complete']);
  const numbers = Array.from({ length: 100 }, (_, at) => at + 1).join('\n');
  for (const job of jobs.filter(({ Task }) => Task === tasks[TASKS - 1])) {
    const log = await scene.log(job);
    assert.ok(log.includes(`\n${numbers}\nstep-1 exited with code 0\nTask ${job.Task} finished\n`), log);
  }
  for (const { WorkflowComplete } of await scene.api.objects('machines').list()) assert.ok(WorkflowComplete);
  const kept = memory().heapUsed - before;
  assert.ok(kept < 64 * MIB, `${Math.round(kept / MIB)} MiB are kept`);
  assert.ok(most - rss < 1024 * MIB, `${Math.round((most - rss) / MIB)} MiB more at its most`);
});

function memory(): NodeJS.MemoryUsage {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage();
}
