import { ModelError } from '../models/index.ts';
import { Unanswered } from './lanplus/unanswered.ts';

/** The command may have been carried out, or not; the cause of an error. */
export class MayBeDone extends Error {}

/** Whether the command that failed may have been carried out all the same. */
export function mayBeDone(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  const { cause } = error;
  return error instanceof Unanswered || cause instanceof Unanswered || cause instanceof MayBeDone;
}
