import type { Readable } from 'node:stream';
import { isObject } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { listOf, objectOf } from './expect.ts';
import type { Job, JobAction } from './known.ts';
import type { CallOptions } from './request.ts';
import { bodyFrom, type Source, TRANSFER_IDLE_MS } from './source.ts';

/** What the runner of a machine's tasks asks of jobs, besides reading and patching them. */
export class Jobs {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * The next job of a machine, which is the current one again when that is incomplete. Undefined if the machine has no job to do: all
   * tasks have been run, or the machine has changed (its stage, boot environment or context) and must be looked at. Throws
   * ConflictError when the machine is not runnable or has a job that runs. Not repeated once it may have reached the
   * endpoint: that would be another job.
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
   * What a job does: the templates of its task, rendered, in their order. With `os` (as Go calls it: `linux`) those for that
   * operating system only. Throws ModelError 422 with all that could not be rendered.
   */
  async actions(job: string, { os, ...call }: CallOptions & { os?: string } = {}): Promise<JobAction[]> {
    const path = ['jobs', job, 'actions'];
    const { body } = await this.#connection.send({ ...call, path, query: { os } });
    const actions = listOf<JobAction>(body, path);
    // Older endpoints know no `os`.
    return os === undefined ? actions : actions.filter((action) => isForOs(action, os));
  }

  /** The log of a job, as it comes in. Throws ModelError 404. */
  async log(job: string, options: CallOptions = {}): Promise<Readable> {
    const path = ['jobs', job, 'log'];
    return (await this.#connection.open({ ...options, path, idleTimeout: TRANSFER_IDLE_MS })).body;
  }

  /** Adds to the log of a job. */
  async appendLog(job: string, source: Source | string, options: CallOptions = {}): Promise<void> {
    const body = typeof source === 'string' ? { body: source } : await bodyFrom(source);
    await this.#connection.send({ ...options, ...body, method: 'PUT', path: ['jobs', job, 'log'] });
  }
}

/** Meta.OS lists operating systems; none, or `any` among them, stands for all. */
function isForOs({ Meta }: JobAction, os: string): boolean {
  const listed =
    isObject(Meta) && typeof Meta.OS === 'string' ? Meta.OS.split(',').map((name) => name.trim()) : [];
  const names = listed.filter(Boolean);
  return names.length === 0 || names.includes(os) || names.includes('any');
}
