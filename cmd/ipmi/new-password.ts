import { ModelError, refusal } from '../../lib/models/index.ts';
import type { Request } from './driver.ts';
import { type Params, textParam } from './params.ts';

/** The user and the new password, from the params. Throws ModelError 400 that never quotes the password. */
export function newPassword(params: Params): { user: string; password: string } {
  const user = textParam(params, 'ipmi/user');
  const password = textParam(params, 'ipmi/user-password');
  if (user === '') throw refusal(400, 'ipmi/user: is empty');
  if (password === '') throw refusal(400, 'ipmi/user-password: is empty');
  if (/\p{Cc}/u.test(password)) throw refusal(400, 'ipmi/user-password: holds a control character');
  return { user, password };
}

/**
 * Stores the new password in the machine's `ipmi/password` if it belongs to the user that this plugin logs in as. When
 * that fails, throws ModelError that says that the BMC's password now differs from the machine's.
 */
export async function keepOwnPassword({ params, keepPassword, log }: Request): Promise<void> {
  const { user, password } = newPassword(params);
  if (user !== textParam(params, 'ipmi/username')) return;
  try {
    await keepPassword?.(password);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw refusal(error.code, [
      `user ${user} has the new password on the BMC, and ipmi/password of the machine could not be set: set it by hand`,
      ...error.messages,
    ]);
  }
  log.info(`ipmi/password is the new password of user ${user}`);
}
