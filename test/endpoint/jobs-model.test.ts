import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Contents } from '../../lib/endpoint/state/contents.ts';
import { Events } from '../../lib/endpoint/state/events.ts';
import { failInterrupted, followJobs } from '../../lib/endpoint/state/jobs/follow-jobs.ts';
import { nextJob } from '../../lib/endpoint/state/jobs/next-job.ts';
import { Objects } from '../../lib/endpoint/state/objects.ts';
import { Params } from '../../lib/endpoint/state/params.ts';
import { hasEnded } from '../../lib/endpoint/state/prefixes/index.ts';
import { Store } from '../../lib/endpoint/state/store.ts';
import { ModelError, type RawModel } from '../../lib/models/index.ts';
import { fc, parameters } from '../support/properties.ts';

const REQUESTER = { principal: 'test', method: 'PATCH' };
const WORKFLOWS = ['', 'short', 'long'];

let root = '';
let store: Store;
let objects: Objects;
let machines = 0;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  store = new Store(join(root, 'endpoint.db'), { machines: ['Name'] });
  objects = new Objects(store, new Params(store), new Events());
  new Contents(objects).ensureBasics();
  followJobs(objects, () => {});
  objects.write(() => {
    for (const Name of ['one', 'two', 'three']) objects.create('tasks', { Name }, REQUESTER);
    objects.create('bootenvs', { Name: 'other' }, REQUESTER);
    objects.create(
      'stages',
      { Name: 'first', BootEnv: 'local', Tasks: ['one', 'context:c', 'two'] },
      REQUESTER,
    );
    objects.create('stages', { Name: 'second', Tasks: ['chroot:/mnt', 'context:', 'three'] }, REQUESTER);
    objects.create('stages', { Name: 'third', BootEnv: 'other', Tasks: ['two', 'one'] }, REQUESTER);
    objects.create('workflows', { Name: 'short', Stages: ['second'] }, REQUESTER);
    objects.create('workflows', { Name: 'long', Stages: ['first', 'second', 'third'] }, REQUESTER);
  });
});

after(async () => {
  store.close();
  await rm(root, { recursive: true });
});

/** A machine with an agent in each context, as what is done to it, and what must be so after each step. */
class Scene {
  readonly machine: string;
  /** The jobs that agents have, as they last saw them. */
  readonly #held = new Map<string, RawModel>();
  /** Where tasks have ended since somebody last moved the machine. */
  #done: number[] = [];

  constructor() {
    machines += 1;
    this.machine = objects.create('machines', { Name: `m${machines}`, Workflow: 'long' }, REQUESTER).key;
  }

  get object(): RawModel {
    return objects.get('machines', this.machine, REQUESTER).object;
  }

  ask(context: string): void {
    const { Runnable, CurrentTask, Context } = this.object;
    const before = Number(CurrentTask);
    try {
      const next = nextJob(objects, { Machine: this.machine, Context: context, Uuid: '' }, REQUESTER);
      assert.equal(Runnable, true);
      if (next.kind === 'none') return;
      assert.equal(Context, context);
      const { object } = next.job;
      assert.ok(Number(object.CurrentIndex) >= before, 'never back by itself');
      const isDone = this.#done.includes(Number(object.CurrentIndex));
      assert.equal(isDone, false, `task ${object.CurrentIndex} runs again`);
      if (object.State === 'finished') this.#done.push(Number(object.CurrentIndex));
      else this.#held.set(context, object);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      assert.equal(error.code, 409);
    }
  }

  /** The agent of a context tells how its job goes, if that is still as it knows it. */
  tell(context: string, State: string): void {
    const held = this.#held.get(context);
    const found = held && objects.find('jobs', String(held.Uuid));
    if (held === undefined || found === undefined || found.object.State !== held.State)
      return void this.#held.delete(context);
    if ((State === 'running') === (held.State === 'running') || hasEnded(held)) return;
    const { object } = objects.update(found, { ...found.object, State }, REQUESTER);
    this.#held.set(context, object);
    // Where somebody has sent the machine back meanwhile, it comes here again.
    if (State === 'finished' && object.CurrentIndex === this.object.CurrentTask)
      this.#done.push(Number(object.CurrentIndex));
    if (State === 'failed' && object.Current === true) assert.equal(this.object.Runnable, false);
  }

  /** A user's change, if it is allowed. */
  change(fields: RawModel): void {
    const found = objects.get('machines', this.machine, REQUESTER);
    try {
      const { object } = objects.update(found, { ...found.object, ...fields }, REQUESTER);
      if (object.CurrentTask !== found.object.CurrentTask || object.Workflow !== found.object.Workflow)
        this.#done = [];
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      assert.equal(error.code, 422);
    }
  }

  deleteJob(): void {
    const found = objects.find('jobs', String(this.object.CurrentJob));
    if (found === undefined) return;
    try {
      objects.remove(found, REQUESTER);
      this.#done = this.#done.filter((at) => at !== found.object.CurrentIndex);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      assert.ok(!hasEnded(found.object));
    }
  }

  remove(): void {
    objects.remove(objects.get('machines', this.machine, REQUESTER), REQUESTER);
    for (const { Uuid } of [...objects.lookup.each('jobs', this.machine)])
      objects.remove(objects.get('jobs', String(Uuid), REQUESTER), REQUESTER);
  }

  check(): void {
    const { CurrentTask, Tasks, WorkflowComplete, CurrentJob } = this.object;
    const length = (Tasks as string[]).length;
    assert.ok(Number(CurrentTask) >= -1 && Number(CurrentTask) <= length);
    assert.equal(WorkflowComplete, Number(CurrentTask) >= length);
    const jobs = [...objects.lookup.each('jobs', this.machine)];
    const current = jobs.filter(({ Current }) => Current === true).map(({ Uuid }) => Uuid);
    assert.deepEqual(current, jobs.some(({ Uuid }) => Uuid === CurrentJob) ? [CurrentJob] : []);
    for (const job of jobs) assert.ok(job.Current === true || hasEnded(job), `left behind ${job.State}`);
  }
}

/** What is done, as fast-check shows it when something is wrong. */
type Step =
  | { ask: string }
  | { tell: string; context: string }
  | { change: RawModel }
  | { other: 'delete job' | 'restart' };

function act(scene: Scene, step: Step): void {
  if ('ask' in step) scene.ask(step.ask);
  else if ('tell' in step) scene.tell(step.context, step.tell);
  else if ('change' in step) scene.change(step.change);
  else if (step.other === 'restart') failInterrupted(objects);
  else scene.deleteJob();
}

const context = fc.constantFrom('', 'c');
const state = fc.constantFrom('running', 'running', 'finished', 'finished', 'incomplete', 'failed');
const change = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ Runnable: true }) },
  { weight: 1, arbitrary: fc.constant({ Runnable: false }) },
  { weight: 1, arbitrary: fc.record({ CurrentTask: fc.integer({ min: -1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ Workflow: fc.constantFrom(...WORKFLOWS) }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ask: context }) },
  { weight: 8, arbitrary: fc.record({ tell: state, context }) },
  { weight: 7, arbitrary: fc.record({ change }) },
  { weight: 2, arbitrary: fc.record({ other: fc.constantFrom('delete job' as const, 'restart' as const) }) },
);

test('whatever agents and users do in whatever order, machine and jobs fit together, and no task that ended runs again', () => {
  const property = fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
    const scene = new Scene();
    for (const each of steps) {
      act(scene, each);
      scene.check();
    }
    scene.remove();
  });
  // As one write: how fast the disk is is not what this is about.
  objects.write(() => fc.assert(property, parameters()));
});
