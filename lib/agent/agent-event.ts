import type { Job } from '../api/index.ts';
import type { State } from './states.ts';
import type { TaskResult } from './task-result.ts';

/** An event of an agent. */
export type AgentEvent =
  /** It enters a state; `by` is the exit of the previous state, undefined at the start. */
  | { kind: 'state'; state: State | 'ENDED'; by?: string }
  /** A job has started. */
  | { kind: 'job'; job: Job }
  /** Text for the log of the job. */
  | { kind: 'log'; job: Job; text: Uint8Array }
  /** A job has ended. */
  | { kind: 'result'; job: Job; result: TaskResult }
  /** An error that will be retried if possible, or a warning. */
  | { kind: 'problem'; message: string };

/** Receives events. The agent waits for the returned promise. */
export type AgentObserver = (event: AgentEvent) => void | Promise<void>;
