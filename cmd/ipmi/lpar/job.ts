import { setTimeout as pause } from 'node:timers/promises';
import { at, textAt } from '../../../lib/https/index.ts';
import { abortError, foreign, ModelError, own, say } from '../../../lib/models/index.ts';
import { hmcError } from './failure.ts';
import type { Session } from './session.ts';
import { writeXml } from './xml.ts';

/** Time limit of a job and interval of polling, in ms. */
export interface Pace {
  pollMs: number;
  jobMs: number;
}

/** A job to start. */
export interface Order {
  /** REST path of the partition. */
  path: string;
  operation: string;
  parameters: Readonly<Record<string, string>>;
}

/** The state of a job. */
interface Job {
  id: string;
  status: string;
  /** The HMC's message about a failure; empty when the HMC gave no message. */
  said: string;
}

const UNFINISHED = new Set(['NOT_STARTED', 'NOT_ACTIVE', 'ACTIVE', 'RUNNING', 'CANCEL_PENDING']);
const FINE = new Set(['COMPLETED_OK', 'COMPLETED_WITH_WARNINGS']);

/** The error of a failed job. */
export class JobFailure extends ModelError {
  /** The HMC's message, which mostly begins with a message number. */
  readonly said: string;

  constructor({ code, messages, model, key, type }: ModelError, said: string) {
    super(code, messages, { model, key, type });
    this.said = said;
  }
}

/**
 * Starts a job and polls it until it ends. After an abort the HMC continues the job. Throws JobFailure when the job
 * fails, ModelError 504 when it takes too long, and the errors of requests.
 */
export async function runJob(session: Session, order: Order, { pollMs, jobMs }: Pace): Promise<void> {
  const { hmc, signal } = session;
  const end = performance.now() + jobMs;
  let job = jobIn(await start(session, order), session, order);
  while (UNFINISHED.has(job.status)) {
    if (performance.now() > end) {
      const about = say`job ${foreign(job.id)} (${own(order.operation)}) is ${foreign(job.status)}`;
      throw hmcError(hmc, 504, [say`${about} after ${jobMs / 1000} s, and left alone`]);
    }
    await pause(pollMs, undefined, { signal }).catch(() => {
      throw abortError(`HMC ${hmc.name}`, signal);
    });
    job = jobIn(await session.send({ method: 'GET', path: pathOf(job) }), session, order);
  }
  await forget(session, job);
  if (FINE.has(job.status)) return;
  const said = job.said === '' ? [] : [say`HMC: ${foreign(job.said)}`];
  throw new JobFailure(
    hmcError(hmc, 502, [say`${own(order.operation)} ended with ${foreign(job.status)}`, ...said]),
    job.said,
  );
}

async function start(session: Session, { path, operation, parameters }: Order): Promise<unknown> {
  const schemaVersion = { '@schemaVersion': 'V1_0' };
  const body = await writeXml('JobRequest', {
    ...schemaVersion,
    RequestedOperation: { ...schemaVersion, OperationName: operation, GroupName: 'LogicalPartition' },
    JobParameters: {
      ...schemaVersion,
      JobParameter: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
        ...schemaVersion,
        ParameterName,
        ParameterValue,
      })),
    },
  });
  const headers = { 'content-type': 'application/vnd.ibm.powervm.web+xml; type=JobRequest' };
  return session.send({ method: 'PUT', path: `${path}/do/${operation}`, headers, body });
}

/** Deletes a finished job, as IBM asks of clients ("Jobs"). Errors are ignored: the HMC removes it in time. */
async function forget(session: Session, job: Job): Promise<void> {
  try {
    await session.send({ method: 'DELETE', path: pathOf(job) });
  } catch (error) {
    if (session.signal.aborted) throw error;
    const why = error instanceof Error ? error.message : error;
    session.log.info(`HMC ${session.hmc.name}: job ${job.id} is not deleted: ${why}`);
  }
}

function pathOf({ id }: Job): string {
  return `/rest/api/uom/jobs/${id}`;
}

function jobIn(document: unknown, { hmc }: Session, { operation }: Order): Job {
  const response = at(document, 'entry', 'content', 'JobResponse') ?? at(document, 'JobResponse');
  const id = textAt(response, 'JobID') ?? '';
  const status = textAt(response, 'Status') ?? '';
  if (!/^\d+$/.test(id) || status === '') {
    throw hmcError(hmc, 502, [say`${own(operation)}: the answer tells of no job with a JobID and a Status`]);
  }
  const results = [at(response, 'Results', 'JobParameter')].flat();
  const result = results.find((parameter) => textAt(parameter, 'ParameterName') === 'result');
  const said = textAt(result, 'ParameterValue') ?? textAt(response, 'ResponseException', 'Message') ?? '';
  return { id, status, said };
}
