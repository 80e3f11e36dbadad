import { ModelError, type RawModel } from '../../../models/index.ts';
import type { Claim } from '../claims.ts';
import type { Found, Objects, Requester } from '../objects.ts';
import { hasEnded, NO_JOB, taskEntry } from '../prefixes/index.ts';

/** The body of `POST /jobs`. */
export interface AskedJob {
  Machine: string;
  /** The context of the agent; `''` on the machine itself. */
  Context: string;
  /** The key for the new job, if the agent chooses one. */
  Uuid: string;
}

/** The next step of a machine. `lines` are appended to the log of `job`. */
export type NextJob =
  /** There is nothing to do, or the machine has changed and the agent must read it again. */
  | { kind: 'none'; job?: Found; lines: readonly string[] }
  /** The current job is incomplete and is returned again. */
  | { kind: 'again'; job: Found }
  | { kind: 'created'; job: Found; lines: readonly string[] }
  /** An action of a plugin, which the endpoint runs itself. */
  | { kind: 'action'; job: Found; machine: Found; plugin: string | null; command: string };

/** Machine fields set by entries of a task list. */
const MARKERS: Readonly<Record<string, string>> = { stage: 'Stage', bootenv: 'BootEnv', context: 'Context' };

interface Progress extends RawModel {
  Uuid: string;
  Tasks: string[];
  CurrentTask: number;
  CurrentJob: string;
  RetryTaskAttempt: number;
  TaskErrorStacks: { CurrentTask: number; TaskList: string[] }[];
}

/**
 * Takes the next entry of a machine's task list and creates its job, in one write. The rules are those of dr-provision
 * 4.8 (doc/arch/workflow.rst), supplemented by the server of 2019 (frontend/job_create.go). Throws ModelError: 422 for
 * an unknown machine, 409 for one that is not runnable or has a job in progress.
 */
export function nextJob(objects: Objects, asked: AskedJob, requester: Requester): NextJob {
  return objects.write(() => new Taking(objects, asked, { ...requester, byJob: true }).next());
}

class Taking {
  readonly #objects: Objects;
  readonly #asked: AskedJob;
  readonly #requester: Requester;
  #found: Found;

  constructor(objects: Objects, asked: AskedJob, requester: Requester) {
    this.#objects = objects;
    this.#asked = asked;
    this.#requester = requester;
    const found = objects.find('machines', asked.Machine);
    if (found === undefined) throw this.#refusal(422, `Machine ${asked.Machine} does not exist`);
    this.#found = found;
  }

  get #machine(): Progress {
    return this.#found.object as Progress;
  }

  next(): NextJob {
    const { Uuid, Runnable, Available, CurrentTask, Tasks, Context } = this.#machine;
    if (Runnable !== true || Available !== true) throw this.#refusal(409, `Machine ${Uuid} is not runnable`);
    if (CurrentTask >= Tasks.length || Context !== this.#asked.Context) return { kind: 'none', lines: [] };
    const current = this.#objects.find('jobs', this.#machine.CurrentJob);
    let at = Math.max(CurrentTask, 0);
    if (current?.object.CurrentIndex === CurrentTask) {
      switch (current.object.State) {
        case 'incomplete':
          return { kind: 'again', job: current };
        case 'finished':
          at += 1;
          break;
        case 'failed':
          break;
        default:
          throw this.#refusal(409, `Machine ${Uuid} already has running or created job`);
      }
    } else if (current !== undefined && !hasEnded(current.object)) {
      // The machine was moved to another place in the list meanwhile.
      const failed = { ...current.object, State: 'failed', ExitState: 'failed' };
      this.#objects.update(current, failed, this.#requester);
    }
    return this.#take(at);
  }

  #take(from: number): NextJob {
    const { Tasks } = this.#machine;
    const changes = new Map<string, string>();
    const lines: string[] = [];
    let at = from;
    for (; at < Tasks.length; at += 1) {
      const [word, name] = taskEntry(Tasks[at] ?? '');
      const field = Object.hasOwn(MARKERS, word) ? MARKERS[word] : undefined;
      if (field === undefined) break;
      const now = changes.get(field) ?? String(this.#machine[field]);
      if (now === name) continue;
      changes.set(field, name);
      lines.push(`Machine ${this.#machine.Uuid} changing from ${word} ${now} to ${name}`);
    }
    if (changes.size > 0) {
      const changed = Object.fromEntries(changes);
      return { kind: 'none', job: this.#make(at - 1, 'finished', changed), lines };
    }
    const entry = Tasks[at];
    if (entry === undefined) return this.#finish();
    if (at !== this.#machine.CurrentTask && this.#stopsAt(entry)) {
      this.#updateMachine({ CurrentTask: at, Runnable: false });
      return { kind: 'none', lines };
    }
    const [word, name] = taskEntry(entry);
    if (word === 'chroot') {
      lines.push(`Machine ${this.#machine.Uuid} agent is being signalled to chroot to ${name} and continue`);
      return { kind: 'created', job: this.#make(at, 'finished'), lines };
    }
    if (word === 'action') {
      const [plugin, command] = taskEntry(name);
      const job = this.#make(at, 'running');
      return {
        kind: 'action',
        job,
        machine: this.#found,
        plugin: plugin === 'task' ? null : plugin,
        command,
      };
    }
    return { kind: 'created', job: this.#make(at, 'created'), lines };
  }

  /** Handles the end of the list. After a list of error handlers, the failed task runs again. */
  #finish(): NextJob {
    const [failed] = this.#machine.TaskErrorStacks;
    if (failed === undefined) {
      this.#updateMachine({ CurrentTask: this.#machine.Tasks.length });
      return { kind: 'none', lines: [] };
    }
    const { CurrentTask, TaskList } = failed;
    this.#updateMachine({ CurrentTask, Tasks: TaskList, TaskErrorStacks: [], RetryTaskAttempt: 0 });
    return this.#take(CurrentTask);
  }

  /** Whether the machine must stop before this entry. */
  #stopsAt(entry: string): boolean {
    const stops = this.#objects.params.inherited(this.#found, 'task-stop-at');
    return Array.isArray(stops) && stops.includes(entry);
  }

  /** Creates the job of an entry, and moves the machine there with further changes. */
  #make(at: number, State: 'created' | 'running' | 'finished', changes: RawModel = {}): Found {
    const { Uuid, CurrentJob, Tasks, Stage, BootEnv, Workflow } = { ...this.#machine, ...changes };
    const Task = Tasks[at] ?? '';
    const before = this.#objects.find('jobs', CurrentJob);
    const job = this.#objects.create(
      'jobs',
      {
        Uuid: this.#asked.Uuid,
        Previous: CurrentJob || NO_JOB,
        Machine: Uuid,
        Task,
        Stage,
        BootEnv,
        Workflow,
        Context: this.#asked.Context,
        State,
        ExitState: State === 'finished' ? 'complete' : '',
        Current: true,
        CurrentIndex: at,
        NextIndex: at + 1,
        ExtraClaims: this.#extraClaims(Task),
      },
      this.#requester,
    );
    if (before !== undefined)
      this.#objects.update(before, { ...before.object, Current: false }, this.#requester);
    const RetryTaskAttempt = at === this.#machine.CurrentTask ? this.#machine.RetryTaskAttempt : 0;
    this.#updateMachine({ ...changes, CurrentJob: job.key, CurrentTask: at, RetryTaskAttempt });
    return job;
  }

  /** The rights of the task in addition to those of machines. */
  #extraClaims(name: string): Claim[] {
    const { lookup } = this.#objects;
    const { ExtraClaims = [], ExtraRoles = [] } = lookup.get('tasks', name) ?? {};
    const ofRoles = (ExtraRoles as string[]).flatMap((role) => lookup.get('roles', role)?.Claims ?? []);
    return [...(ExtraClaims as Claim[]), ...(ofRoles as Claim[])];
  }

  #updateMachine(changes: RawModel): void {
    this.#found = this.#objects.update(this.#found, { ...this.#machine, ...changes }, this.#requester);
  }

  #refusal(code: number, problem: string): ModelError {
    const type = code === 409 ? 'Conflict' : 'ValidationError';
    return new ModelError(code, problem, { model: 'jobs', type });
  }
}
