import type { Job } from '../api/index.ts';
import type { State } from './states.ts';
import type { TaskResult } from './task-result.ts';

/** What an agent does, as it does it. */
export type AgentEvent =
  /** It goes into a state; `by` is the way out of the one before, undefined at the start. */
  | { kind: 'state'; state: State | 'ENDED'; by?: string }
  /** A job has begun. */
  | { kind: 'job'; job: Job }
  /** Something that goes into the log of the job. */
  | { kind: 'log'; job: Job; text: Uint8Array }
  /** A job has ended. */
  | { kind: 'result'; job: Job; result: TaskResult }
  /** Something failed, and is tried again if it can be; or is worth knowing. */
  | { kind: 'problem'; message: string };

/** Told what happens. The agent waits for what it returns. */
export type AgentObserver = (event: AgentEvent) => void | Promise<void>;
