import assert from 'node:assert/strict';
import type { RawModel } from '../../lib/models/index.ts';
import type { Running } from './running-endpoint.ts';

/** Does with jobs what an agent does, without running anything. */
export class AgentStandIn {
  readonly running: Running;
  readonly uuid: string;
  readonly context: string;

  constructor(running: Running, uuid: string, context = '') {
    this.running = running;
    this.uuid = uuid;
    this.context = context;
  }

  /** Makes a machine, and an agent for it. */
  static async make(running: Running, machine: RawModel): Promise<AgentStandIn> {
    const { Uuid } = await running.ok('POST', 'machines', machine);
    return new AgentStandIn(running, String(Uuid));
  }

  /** Asks for a job. Returns the status, and the job where there is one. */
  async next(): Promise<{ status: number; job: RawModel }> {
    const body = { Machine: this.uuid, Context: this.context };
    const { status, json } = await this.running.call('POST', 'jobs', { body });
    return { status, job: (json ?? {}) as RawModel };
  }

  /** As `next`, past what the endpoint does itself; undefined when all is done. */
  async nextTask(): Promise<RawModel | undefined> {
    for (let asked = 0; asked < 100; asked += 1) {
      const { status, job } = await this.next();
      if (status === 201 || status === 202) return job;
      assert.equal(status, 204);
      const { CurrentTask, Tasks } = await this.machine();
      if (Number(CurrentTask) >= (Tasks as string[]).length) return undefined;
    }
    throw new Error('the endpoint never comes to an end');
  }

  /** Tells how a job goes. */
  state({ Uuid, State }: RawModel, to: string, exit?: string): Promise<RawModel> {
    return this.running.ok('PATCH', `jobs/${Uuid}`, [
      { op: 'test', path: '/State', value: State },
      { op: 'replace', path: '/State', value: to },
      ...(exit === undefined ? [] : [{ op: 'replace', path: '/ExitState', value: exit }]),
    ]);
  }

  /** Runs a job to its end. */
  async run(job: RawModel, to = 'finished', exit = 'complete'): Promise<RawModel> {
    return this.state(await this.state(job, 'running'), to, exit);
  }

  /** Runs tasks until there are no more. Returns what was run. */
  async runAll(): Promise<string[]> {
    const tasks: string[] = [];
    for (let job = await this.nextTask(); job !== undefined; job = await this.nextTask()) {
      tasks.push(String(job.Task));
      if (!String(job.Task).includes(':')) await this.run(job);
    }
    return tasks;
  }

  machine(): Promise<RawModel> {
    return this.running.ok('GET', `machines/${this.uuid}`);
  }

  /** Changes the machine as a user does. */
  change(fields: RawModel): Promise<RawModel> {
    const patch = Object.entries(fields).map(([field, value]) => ({
      op: 'replace',
      path: `/${field}`,
      value,
    }));
    return this.running.ok('PATCH', `machines/${this.uuid}`, patch);
  }

  job(uuid: unknown): Promise<RawModel> {
    return this.running.ok('GET', `jobs/${uuid}`);
  }

  async log(uuid: unknown): Promise<string> {
    const { status, text } = await this.running.call('GET', `jobs/${uuid}/log`);
    assert.equal(status, 200);
    return text;
  }
}
