import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  type AgentEnd,
  type AgentEvent,
  MachineAgent,
  type MachineAgentOptions,
  type Power,
} from '../../lib/agent/index.ts';
import { Client, type Job, type Machine, type Task } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import { giveCertificate } from '../support/endpoint-root.ts';

/** A script of a task; what it is written as is what bash runs. */
export type Script = string | { Path: string; Contents: string; Meta?: Record<string, string> };

/** What an agent did. */
export interface Ran {
  end: AgentEnd;
  events: AgentEvent[];
  /** The states that it went through. */
  states: string[];
  /** What it said is wrong. */
  problems: string[];
}

/** A development endpoint with a client, and agents for its machines. */
export class Scene implements AsyncDisposable {
  readonly root: string;
  readonly endpoint: RunningEndpoint;
  readonly api: Client;
  #count = 0;
  readonly #ending = new AbortController();

  private constructor(root: string, endpoint: RunningEndpoint) {
    this.root = root;
    this.endpoint = endpoint;
    this.api = new Client({ endpoint: endpoint.url, token: endpoint.token, retryDelays: [20, 50, 100] });
  }

  /** In memory where that can be had: an endpoint waits for its disk at each write, and these tests make thousands. */
  static async open(): Promise<Scene> {
    const memory = '/dev/shm';
    const parent = await access(memory, constants.W_OK).then(
      () => memory,
      () => tmpdir(),
    );
    const root = await mkdtemp(join(parent, 'agent-scene-'));
    await mkdir(join(root, 'endpoint'), { mode: 0o700 });
    await giveCertificate(join(root, 'endpoint'));
    const endpoint = await startEndpoint({ root: join(root, 'endpoint'), port: 0, staticPort: 0 });
    await endpoint.ready;
    return new Scene(root, endpoint);
  }

  /** Makes a task of scripts, with sane exit codes unless features say otherwise. Returns its name. */
  async task(scripts: readonly Script[], features = 'sane-exit-codes'): Promise<string> {
    const Templates = scripts.map((script, at) => {
      const given = typeof script === 'string' ? { Path: '', Contents: `#!/bin/bash\n${script}\n` } : script;
      return { Name: `step-${at + 1}`, ID: '', Link: '', Meta: {}, ...given };
    });
    const { Name } = await this.api
      .objects('tasks')
      .create({ Name: this.#name('task'), Templates, Meta: { 'feature-flags': features } } as Partial<Task>);
    return Name;
  }

  async workflow(...tasks: readonly string[]): Promise<string> {
    const { Name: stage } = await this.api
      .objects('stages')
      .create({ Name: this.#name('stage'), Tasks: [...tasks] });
    const { Name } = await this.api
      .objects('workflows')
      .create({ Name: this.#name('flow'), Stages: [stage] });
    return Name;
  }

  /** A machine that has these tasks to run. */
  async machine(...tasks: readonly string[]): Promise<Machine> {
    const Workflow = await this.workflow(...tasks);
    return this.api.objects('machines').create({ Name: this.#name('machine'), Workflow });
  }

  /** An agent that ends when there is nothing to do, unless options say otherwise. */
  agent({ Uuid }: Machine, options: MachineAgentOptions = {}): MachineAgent {
    return new MachineAgent(this.api, Uuid, {
      oneshot: true,
      patience: 0,
      pauses: { init: 10, other: 10 },
      ...options,
    });
  }

  async run(machine: Machine, options: MachineAgentOptions = {}, signal?: AbortSignal): Promise<Ran> {
    const events: AgentEvent[] = [];
    const onEvent = async (event: AgentEvent) => {
      events.push(event);
      await options.onEvent?.(event);
    };
    const signals = [this.#ending.signal, ...(signal === undefined ? [] : [signal])];
    const end = await this.agent(machine, { ...options, onEvent }).run({ signal: AbortSignal.any(signals) });
    return {
      end,
      events,
      states: events.flatMap((event) => (event.kind === 'state' ? [event.state] : [])),
      problems: events.flatMap((event) => (event.kind === 'problem' ? [event.message] : [])),
    };
  }

  /** Jobs of tasks, those of markers left out, in the order in which they were made. */
  async jobs({ Uuid }: Machine): Promise<Job[]> {
    const jobs = await this.api.objects('jobs').list({ where: { Machine: Uuid }, sort: 'StartTime' });
    return jobs.filter(({ Task }) => !Task.includes(':'));
  }

  /** What jobs came to: task, state, exit state. */
  async outcomes(machine: Machine): Promise<string[]> {
    return (await this.jobs(machine)).map(({ State, ExitState }) => `${State} ${ExitState}`);
  }

  async log({ Uuid }: Job): Promise<string> {
    return text(await this.api.jobs().log(Uuid));
  }

  now({ Uuid }: Machine): Promise<Machine> {
    return this.api.objects('machines').get(Uuid);
  }

  /** A path in the folder of the scene, which is removed at the end. */
  path(name: string): string {
    return join(this.root, name);
  }

  /** Ends the agents, too: after a failure of one, the others would go on without an endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    this.api.close();
    await this.endpoint.close();
    await rm(this.root, { recursive: true, force: true });
  }

  #name(what: string): string {
    this.#count += 1;
    return `${what}-${this.#count}`;
  }
}

/** Power that switches nothing, and knows what it was asked to do. */
export class FakePower implements Power {
  readonly calls: string[] = [];
  isLoaded = false;
  failing = false;

  async reboot(): Promise<void> {
    this.#call('reboot');
  }

  async poweroff(): Promise<void> {
    this.#call('poweroff');
  }

  async isKernelLoaded(): Promise<boolean> {
    return this.isLoaded;
  }

  async loadKernel({ commandLine }: { commandLine: string }): Promise<void> {
    this.#call(`load ${commandLine}`);
    this.isLoaded = true;
  }

  async kexec(): Promise<void> {
    this.#call('kexec');
    // A real one does not come back.
    throw new Error('this machine cannot');
  }

  #call(what: string): void {
    this.calls.push(what);
    if (this.failing) throw new Error(`${what} is not permitted`);
  }
}
