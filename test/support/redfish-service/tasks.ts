import { link, type Reply, ROOT } from './endpoint.ts';
import { message } from './messages.ts';
import type { TaskOptions } from './options.ts';

interface Task {
  id: string;
  looks: number;
  work: () => Reply;
  outcome?: Reply;
}

/**
 * Operations that go on after their answer (DSP0266, 12.2 Asynchronous operations): 202 with the URI of a task monitor
 * in Location; the monitor answers 202 with the task while it runs, then what the operation would have answered at once,
 * and 404 or 410 after it was deleted. What was asked for happens at the end.
 */
export class Tasks {
  readonly #options: TaskOptions;
  readonly #tasks = new Map<string, Task>();
  #count = 0;

  constructor(options: TaskOptions) {
    this.#options = options;
  }

  get running(): number {
    return [...this.#tasks.values()].filter(({ outcome }) => outcome === undefined).length;
  }

  accept(work: () => Reply): Reply {
    this.#count += 1;
    const id = String(this.#count);
    const task = { id, looks: 0, work };
    this.#tasks.set(id, task);
    const { location = 'monitor' } = this.#options;
    const uri = location === 'monitor' ? monitorUri(id) : taskUri(id);
    return {
      status: 202,
      headers: { ...(location === 'body' ? {} : { location: uri }), ...this.#retryAfter() },
      body: location === 'monitor' ? undefined : this.#describe(task),
    };
  }

  /** The answer to a GET; undefined when the URI is not one of a task. */
  read(uri: string): Reply | undefined {
    const [, kind, id = ''] = /\/TaskService\/(TaskMonitors|Tasks)\/(\w+)$/.exec(uri) ?? [];
    const task = this.#tasks.get(id);
    if (kind === undefined || task === undefined) return undefined;
    const { looks = 1, ends = 'Completed', forgotten = false } = this.#options;
    task.looks += 1;
    const ended = task.looks > looks && ends !== 'never';
    if (ended) task.outcome ??= ends === 'Completed' ? task.work() : this.#exception();
    if (ended && forgotten) return undefined;
    if (kind === 'Tasks') return { status: 200, body: this.#describe(task) };
    if (task.outcome !== undefined) return task.outcome;
    return {
      status: 202,
      headers: { location: monitorUri(id), ...this.#retryAfter() },
      body: this.#describe(task),
    };
  }

  #retryAfter(): Record<string, string> {
    const { retryAfter } = this.#options;
    return retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  }

  #exception(): Reply {
    return { status: 500, body: { error: { '@Message.ExtendedInfo': [message('InternalError')] } } };
  }

  /** Schema Task 1.7. */
  #describe({ id, outcome }: Task): object {
    const failed = outcome !== undefined && outcome.status >= 400;
    const state = outcome === undefined ? 'Running' : failed ? 'Exception' : 'Completed';
    return {
      ...link(taskUri(id)),
      '@odata.type': '#Task.v1_7_4.Task',
      Id: id,
      Name: `Task ${id}`,
      TaskMonitor: monitorUri(id),
      TaskState: state,
      ...(outcome === undefined ? {} : { TaskStatus: failed ? 'Critical' : 'OK' }),
      Messages: [message(failed ? 'InternalError' : 'Success')],
    };
  }
}

function monitorUri(id: string): string {
  return `${ROOT}/TaskService/TaskMonitors/${id}`;
}

function taskUri(id: string): string {
  return `${ROOT}/TaskService/Tasks/${id}`;
}
