import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Contents } from '../../lib/endpoint/state/contents.ts';
import { Events } from '../../lib/endpoint/state/events.ts';
import { failInterrupted, followJobs } from '../../lib/endpoint/state/jobs/follow-jobs.ts';
import { JobLogs } from '../../lib/endpoint/state/jobs/job-logs.ts';
import { nextJob } from '../../lib/endpoint/state/jobs/next-job.ts';
import { Objects } from '../../lib/endpoint/state/objects.ts';
import { Params } from '../../lib/endpoint/state/params.ts';
import { Store } from '../../lib/endpoint/state/store.ts';
import { atEachChange, Killed } from '../support/crash.ts';

const REQUESTER = { principal: 'test', method: 'PATCH' };
const TASKS = ['one', 'two', 'three'];

/** An endpoint's machines and jobs, without its servers. */
class State implements Disposable {
  readonly objects: Objects;
  readonly logs: JobLogs;
  readonly #store: Store;

  constructor(root: string) {
    this.#store = new Store(join(root, 'endpoint.db'), { machines: ['Name'] });
    this.objects = new Objects(this.#store, new Params(this.#store), new Events());
    new Contents(this.objects).ensureBasics();
    this.logs = new JobLogs(join(root, 'job-logs'));
    failInterrupted(this.objects);
    followJobs(this.objects, () => {});
  }

  get machine(): string {
    return this.#store.keyByField('machines', 'Name', 'm1') ?? assert.fail('the machine is lost');
  }

  [Symbol.dispose](): void {
    this.#store.close();
  }
}

/** What an agent knows of its jobs, each by its task, once the endpoint has answered. */
interface Known {
  started: string[];
  logged: string[];
  finished: string[];
}

/** Does what an agent does, until there is nothing more to do. */
function work({ objects, logs, machine }: State, known: Known): void {
  for (;;) {
    const next = nextJob(objects, { Machine: machine, Context: '', Uuid: '' }, REQUESTER);
    if (next.kind === 'none') return;
    const task = String(next.job.object.Task);
    known.started.push(task);
    const running = objects.update(next.job, { ...next.job.object, State: 'running' }, REQUESTER);
    logs.add(running.key, `${task} works\n`);
    known.logged.push(running.key);
    objects.update(running, { ...running.object, State: 'finished' }, REQUESTER);
    known.finished.push(task);
  }
}

test('killed at each change of a machine’s jobs, an endpoint has all that it acknowledged, and runs again only what was under way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'endpoint-'));
  {
    await mkdir(join(folder, 'job-logs'));
    using made = new State(folder);
    for (const Name of TASKS) made.objects.create('tasks', { Name }, REQUESTER);
    made.objects.create('stages', { Name: 'all', Tasks: TASKS }, REQUESTER);
    made.objects.create('workflows', { Name: 'all-of-it', Stages: ['all'] }, REQUESTER);
    made.objects.create('machines', { Name: 'm1', Workflow: 'all-of-it' }, REQUESTER);
  }
  try {
    const changes = await atEachChange(async (crash) => {
      const root = join(folder, 'next');
      await rm(root, { recursive: true, force: true });
      await mkdir(join(root, 'job-logs'), { recursive: true });
      await copyFile(join(folder, 'endpoint.db'), join(root, 'endpoint.db'));
      const known: Known = { started: [], logged: [], finished: [] };
      {
        using first = new State(root);
        using _death = crash(root);
        try {
          work(first, known);
        } catch (error) {
          assert.ok(error instanceof Killed, String(error));
        }
      }
      const underWay = known.started.filter((task) => !known.finished.includes(task));
      using second = new State(root);
      const later: Known = { started: [], logged: [], finished: [] };
      const { objects, machine, logs } = second;
      // An agent begins so: what another has left has failed.
      for (const { Uuid, State } of [...objects.lookup.each('jobs', machine)]) {
        const left = objects.get('jobs', String(Uuid), REQUESTER);
        if (State === 'created') objects.update(left, { ...left.object, State: 'failed' }, REQUESTER);
      }
      const found = objects.get('machines', machine, REQUESTER);
      objects.update(found, { ...found.object, Runnable: true }, REQUESTER);
      work(second, later);
      for (const job of known.logged) {
        const { path } = await logs.file(job);
        assert.match(await readFile(path, 'utf8'), /^Log for Job: .*\n\w+ works\n/);
      }
      assert.deepEqual(
        later.started.filter((task) => known.finished.includes(task)),
        [],
        'none that was finished runs again',
      );
      assert.deepEqual([...known.finished, ...later.finished], TASKS);
      const twice = later.started.filter((task) => known.started.includes(task));
      assert.deepEqual(twice, underWay);
      assert.equal(objects.get('machines', machine, REQUESTER).object.WorkflowComplete, true);
    });
    assert.ok(changes >= 12, `${changes} changes`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
