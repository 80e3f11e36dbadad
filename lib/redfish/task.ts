import { textAt } from '../https/index.ts';
import { foreign, foreignPath, type ModelError, own, say, type Wording } from '../models/index.ts';
import type { Connection, Incoming, Outgoing } from './connection.ts';
import { pathOf } from './exchange.ts';
import { retryAfterMs } from './later.ts';
import { messagesOf } from './messages.ts';

/** Final values of TaskState (schema Task). `Service` tasks never end by themselves. */
const ENDED = new Set(['Completed', 'Killed', 'Exception', 'Cancelled', 'Service']);
const FAILED = new Set(['Killed', 'Exception', 'Cancelled']);
/**
 * Values of JobState that are final until the next start of the machine (Dell's schema DellJob, and the schema Job).
 */
const JOB_ENDED =
  /^(Completed|CompletedWithErrors|Failed|RebootCompleted|RebootFailed|Scheduled|Exception|Cancelled|Invalid|UserIntervention)$/;
const JOB_FAILED = /^(CompletedWithErrors|Failed|RebootFailed|Exception|Cancelled|Invalid)$/;
/** Messages of a task that is pending until the machine restarts (DSP8011: ResetRequired; DSP0266, OnReset). */
const FOR_RESET = /\b(re(set|boot|start)|power[ -]?cycle|next (boot|start))/i;
/** Messages of Dell's jobs that end as Completed and OK, but with errors. */
const WITH_ERRORS = /completed? with (\d+ )?errors?|\bpartially\b/i;
/** Longest interval of polling, even if the service asks for a longer one. */
const LONGEST_PAUSE_MS = 10_000;

/** The part of Service that following a task needs. */
interface TaskService {
  readonly connection: Connection;
  readonly pace: { pollMs: number; taskMs: number };
  ask(outgoing: Outgoing, patienceMs?: number): Promise<Incoming>;
  pause(ms?: number): Promise<void>;
  warn(message: Wording): void;
  error(code: number, ...messages: readonly Wording[]): ModelError;
}

/** How to follow a long task. */
export interface Follow {
  /** Time limit for the task; 0: do not follow it. */
  limitMs: number;
  /** How long the BMC may not answer: it may restart as part of the task. */
  awayMs: number;
  /** Called with the task each time that it was read. */
  progress(task: unknown): void;
}

/** The last answer, and what is pending until the next start of the machine, as text. */
interface Final {
  incoming: Incoming;
  pending?: Wording;
  /** Whether the task was deleted before it showed its result. */
  isGone?: boolean;
}

/**
 * The final answer to a request that was answered with 202 or with the URI of a task: that of the task monitor once the
 * task has ended (DSP0266, 12.2 Asynchronous operations). Some services give the URI of the task or a job instead of
 * the monitor, which is answered with 200 from the start, so its state is checked as well. A task that waits for the
 * next start of the machine counts as done. Throws ModelError when the task fails, even partly, and 504 after the time
 * limit.
 */
export async function finalAnswer(
  service: TaskService,
  request: Outgoing,
  accepted: Incoming,
  follow?: Follow,
): Promise<Final> {
  if (follow?.limitMs === 0) return { incoming: accepted };
  // The task shows its progress, the monitor does not.
  const task = follow === undefined ? undefined : taskIn(service, accepted);
  const monitor = task ?? monitorOf(service, accepted);
  const about = foreignPath(request.uri);
  if (monitor === undefined) {
    service.warn(say`${about}: accepted, with no task to follow`);
    return { incoming: accepted };
  }
  let last = accepted;
  // An answer without a task may name a job for the next start.
  if (last.status !== 202) last = await service.ask({ method: 'GET', uri: monitor });
  if (last.status >= 300) return { incoming: accepted };
  const { limitMs = service.pace.taskMs, awayMs } = follow ?? {};
  const end = performance.now() + limitMs;
  while ((last.status === 202 || isRunning(last.body)) && !waitsForReset(last.body)) {
    if (performance.now() >= end) {
      const seconds = limitMs / 1000;
      const state = stateOf(last.body);
      throw service.error(
        504,
        say`${own(request.method)} ${about}: its task has not ended after ${seconds} s`,
        ...(state === '' ? [] : [say`it is ${foreign(state)}`]),
      );
    }
    const { pollMs } = service.pace;
    await service.pause(Math.min(Math.max(retryAfterMs(last) ?? pollMs, pollMs), LONGEST_PAUSE_MS));
    const incoming = await service.ask({ method: 'GET', uri: monitor }, awayMs);
    // A service may delete the monitor of an ended task. Callers check the result elsewhere.
    if (incoming.status === 404 || incoming.status === 410) {
      service.warn(say`${about}: its task is gone`);
      return { incoming: { ...incoming, status: 204, body: undefined }, isGone: true };
    }
    last = incoming;
    if (isTask(last.body)) follow?.progress(last.body);
  }
  checkTask(service, request, last);
  const state = stateOf(last.body);
  if (!waitsForReset(last.body)) return { incoming: accepted.status === 202 ? last : accepted };
  const id = textAt(last.body, 'Id') ?? monitor;
  return { incoming: { ...last, status: 200 }, pending: say`${foreign(id)} is ${foreign(state)}` };
}

/** Whether a successful answer names a task or job. */
export function leavesTask({ status, headers, body }: Incoming): boolean {
  if (status === 202) return true;
  return status < 300 && (isTask(body) || /\/(Tasks|TaskMonitors|Jobs)\//.test(headers.location ?? ''));
}

/** Whether it is a scheduled Dell job, or a pending task that waits for a restart. */
function waitsForReset(body: unknown): boolean {
  if (!isTask(body)) return false;
  if (jobState(body) === 'Scheduled') return true;
  const said = messagesOf(body).map(({ text, id }) => `${text} ${id}`);
  return textAt(body, 'TaskState') === 'Pending' && said.some((text) => FOR_RESET.test(text));
}

function taskIn(service: TaskService, { body }: Incoming): string | undefined {
  const told = isTask(body) ? textAt(body, '@odata.id') : undefined;
  return told === undefined ? undefined : pathOf(told, service.connection.bmc.origin);
}

function monitorOf(service: TaskService, { headers, body }: Incoming): string | undefined {
  const told =
    headers.location ?? textAt(body, 'TaskMonitor') ?? (isTask(body) ? textAt(body, '@odata.id') : undefined);
  return told === undefined ? undefined : pathOf(told, service.connection.bmc.origin);
}

function isTask(body: unknown): boolean {
  return /^#(Task|Job|DellJob)\./.test(textAt(body, '@odata.type') ?? '') || jobState(body) !== undefined;
}

function stateOf(body: unknown): string {
  return textAt(body, 'TaskState') ?? jobState(body) ?? '';
}

/** The state of a job, or of the job that a task of an iDRAC represents. */
function jobState(body: unknown): string | undefined {
  return textAt(body, 'JobState') ?? textAt(body, 'Oem', 'Dell', 'JobState');
}

function isRunning(body: unknown): boolean {
  if (!isTask(body)) return false;
  const job = jobState(body);
  if (job !== undefined) return !JOB_ENDED.test(job);
  const state = textAt(body, 'TaskState');
  return state !== undefined && !ENDED.has(state);
}

/** Throws ModelError 502 with the task's messages when the task has failed. */
function checkTask(service: TaskService, { method, uri }: Outgoing, { body }: Incoming): void {
  if (!isTask(body)) return;
  const state = textAt(body, 'TaskState') ?? '';
  const job = jobState(body) ?? '';
  const texts = [
    ...messagesOf(body).map(({ text }) => text),
    textAt(body, 'Message') ?? '',
    textAt(body, 'Oem', 'Dell', 'Message') ?? '',
  ].filter((text) => text !== '');
  const failed =
    FAILED.has(state) ||
    JOB_FAILED.test(job) ||
    textAt(body, 'TaskStatus') === 'Critical' ||
    texts.some((text) => WITH_ERRORS.test(text));
  if (!failed) return;
  throw service.error(
    502,
    say`${own(method)} ${foreignPath(uri)}: its task ended as ${foreign(job || state)}`,
    ...[...new Set(texts)].map((text) => say`${foreign(text)}`),
  );
}
