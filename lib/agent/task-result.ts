import type { Outcome } from './exit-codes.ts';

/** How a job ended. */
export interface TaskResult extends Outcome {
  /** State of the job at the endpoint. */
  state: 'finished' | 'incomplete' | 'failed';
  exitState: 'complete' | 'failed' | 'reboot' | 'poweroff' | 'stop';
}

/** The result of a job for an outcome. */
export function resultOf(outcome: Outcome): TaskResult {
  const { failed, incomplete, wants } = outcome;
  const state = incomplete ? 'incomplete' : failed ? 'failed' : 'finished';
  return { ...outcome, state, exitState: wants ?? (state === 'failed' ? 'failed' : 'complete') };
}
