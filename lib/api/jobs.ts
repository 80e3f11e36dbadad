import type { Readable } from 'node:stream';
import { isObject } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { listOf, objectOf } from './expect.ts';
import type { Job, JobAction } from './known.ts';
import type { CallOptions } from './request.ts';
import { bodyFrom, type Source, TRANSFER_IDLE_MS } from './source.ts';

/** Calls for running the tasks of a machine. Jobs are read and patched as `objects('jobs')`. */
export class Jobs {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Creates the next job of a machine, or returns its current job if that is incomplete. Undefined when there is no job
   * to run: all tasks are done, or the stage, boot environment or context of the machine has changed and the machine
   * must be read again. Throws ConflictError when the machine is not runnable or has a running job. Not repeated when
   * it may have reached the endpoint, since that would create another job.
   */
  async next(machine: string, context: string, options: CallOptions = {}): Promise<Job | undefined> {
    const { body } = await this.#connection.send({
      ...options,
      method: 'POST',
      path: ['jobs'],
      json: { Machine: machine, Context: context },
    });
    return body === undefined || body === null ? undefined : objectOf<Job>(body, ['jobs']);
  }

  /**
   * The steps of a job: the rendered templates of its task, in order. With `os` (Go's name: `linux`) only those for
   * that operating system. Throws ModelError 422 with everything that could not be rendered.
   */
  async actions(job: string, { os, ...call }: CallOptions & { os?: string } = {}): Promise<JobAction[]> {
    const path = ['jobs', job, 'actions'];
    const { body } = await this.#connection.send({ ...call, path, query: { os } });
    const actions = listOf<JobAction>(body, path);
    // Older endpoints ignore the `os` parameter.
    return os === undefined ? actions : actions.filter((action) => isForOs(action, os));
  }

  /** The log of a job as a stream. Throws ModelError 404. */
  async log(job: string, options: CallOptions = {}): Promise<Readable> {
    const path = ['jobs', job, 'log'];
    return (await this.#connection.open({ ...options, path, idleTimeout: TRANSFER_IDLE_MS })).body;
  }

  /** Appends to the log of a job. */
  async appendLog(job: string, source: Source | string, options: CallOptions = {}): Promise<void> {
    const body = typeof source === 'string' ? { body: source } : await bodyFrom(source);
    await this.#connection.send({ ...options, ...body, method: 'PUT', path: ['jobs', job, 'log'] });
  }
}

/** Meta.OS is a list of operating systems; an empty one, or one with `any`, means all. */
function isForOs({ Meta }: JobAction, os: string): boolean {
  const listed =
    isObject(Meta) && typeof Meta.OS === 'string' ? Meta.OS.split(',').map((name) => name.trim()) : [];
  const names = listed.filter(Boolean);
  return names.length === 0 || names.includes(os) || names.includes('any');
}
