import { isResource, listAt, textAt } from '../https/index.ts';
import type { ModelError } from '../models/index.ts';
import type { Connection, Incoming, Log, Outgoing } from './connection.ts';
import { messageOf } from './messages.ts';
import { pathOf } from './session.ts';

/** States after which nothing more comes (TaskState in the schema Task). `Service` never ends of itself. */
const ENDED = new Set(['Completed', 'Killed', 'Exception', 'Cancelled', 'Service']);
const FAILED = new Set(['Killed', 'Exception', 'Cancelled']);
/** Between two looks, whatever the service asks for. */
const LONGEST_PAUSE_MS = 10_000;

/** The service, as following a task needs it. */
interface TaskService {
  readonly name: string;
  readonly connection: Connection;
  readonly log: Log;
  readonly pace: { pollMs: number; taskMs: number };
  send(outgoing: Outgoing): Promise<Incoming>;
  pause(ms?: number): Promise<void>;
  error(code: number, message: string, ...more: readonly string[]): ModelError;
}

/**
 * The answer to a request that was answered with 202: that of its task monitor, once that has ended (DSP0266, 12.2
 * Asynchronous operations). Some services name the task where the monitor belongs, which is answered with 200 from the
 * start, so that its state is looked at as well. Throws ModelError when the task fails, and 504 when it does not end.
 */
export async function finalAnswer(
  service: TaskService,
  request: Outgoing,
  accepted: Incoming,
): Promise<Incoming> {
  const monitor = monitorOf(service, accepted);
  if (monitor === undefined) {
    service.log.warn(`BMC ${service.name}: ${request.uri}: accepted, with no task to follow`);
    return accepted;
  }
  let last = accepted;
  const limit = AbortSignal.timeout(service.pace.taskMs);
  while (last.status === 202 || isRunning(last.body)) {
    if (limit.aborted) {
      const seconds = service.pace.taskMs / 1000;
      throw service.error(504, `${request.method} ${request.uri}: its task has not ended after ${seconds} s`);
    }
    await service.pause(retryAfter(last, service.pace.pollMs));
    const incoming = await service.send({ method: 'GET', uri: monitor });
    // A service may delete a monitor that has ended; whether what was asked for has come about shows elsewhere.
    if (incoming.status === 404 || incoming.status === 410) {
      service.log.warn(`BMC ${service.name}: ${request.uri}: its task is gone`);
      return { ...incoming, status: 204, body: undefined };
    }
    last = incoming;
  }
  checkTask(service, request, last);
  return last;
}

function monitorOf(service: TaskService, { headers, body }: Incoming): string | undefined {
  const told =
    headers.location ?? textAt(body, 'TaskMonitor') ?? (isTask(body) ? textAt(body, '@odata.id') : undefined);
  return told === undefined ? undefined : pathOf(told, service.connection.bmc.origin);
}

function isTask(body: unknown): boolean {
  return textAt(body, '@odata.type')?.startsWith('#Task.') ?? false;
}

function isRunning(body: unknown): boolean {
  const state = textAt(body, 'TaskState');
  return isTask(body) && state !== undefined && !ENDED.has(state);
}

/** Throws ModelError 502, with the task's messages, when it ended badly. */
function checkTask(service: TaskService, { method, uri }: Outgoing, { body }: Incoming): void {
  if (!isTask(body)) return;
  const state = textAt(body, 'TaskState') ?? '';
  if (!FAILED.has(state) && textAt(body, 'TaskStatus') !== 'Critical') return;
  const said = listAt(body, 'Messages')
    .filter(isResource)
    .map((info) => messageOf(info).text);
  throw service.error(
    502,
    `${method} ${uri}: its task ended as ${state}`,
    ...said.filter((text) => text !== ''),
  );
}

/** What the service asks for, in ms: seconds or a date (DSP0266, Response headers: Retry-After). */
function retryAfter({ headers }: Incoming, pollMs: number): number | undefined {
  const told = headers['retry-after'];
  if (told === undefined) return undefined;
  const ms = /^\d+$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, pollMs), LONGEST_PAUSE_MS);
}
