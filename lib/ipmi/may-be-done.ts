import { ModelError } from '../models/index.ts';
import { Unanswered } from './lanplus/unanswered.ts';

/** As the cause of an error: the command may have been carried out. */
export class MayBeDone extends Error {}

/** Whether the failed command may have been carried out. */
export function mayBeDone(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  const { cause } = error;
  return error instanceof Unanswered || cause instanceof Unanswered || cause instanceof MayBeDone;
}
