import { isAbsolute } from 'node:path';
import { UUID } from '../../lib/models/index.ts';
import { refusal } from './refusal.ts';

/**
 * Checks of values that become arguments of sudo or vboxmanage. The values are untrusted: anything that could be taken
 * for an option, or is invalid for the tools, is refused with the name of the param.
 */

const USER = /^[a-z0-9_][a-z0-9_.@-]{0,63}$/i;
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N} _.,()+#@~=-]{0,126}$/u;

/** Name of a system user. Throws ModelError 400. */
export function checkUser(value: unknown, param: string): string {
  if (typeof value === 'string' && USER.test(value)) return value;
  throw wrong(param, 'the name of a user, letters, digits, "_", ".", "@" and "-", not "-" first', value);
}

/** Name of a VM. Throws ModelError 400. */
export function checkName(value: unknown, param: string): string {
  // vboxmanage would take a name in the form of a UUID for one.
  if (typeof value === 'string' && NAME.test(value) && !UUID.test(value)) return value;
  throw wrong(param, 'the name of a VM, with a letter or a digit first', value);
}

/** UUID of a VM, in upper case as in its DMI data. Throws ModelError 400. */
export function checkId(value: unknown, param: string): string {
  if (typeof value === 'string' && UUID.test(value)) return value.toUpperCase();
  throw wrong(param, "a VM's UUID", value);
}

/** Path of a folder. Throws ModelError 400. */
export function checkFolder(value: unknown, param: string): string {
  if (typeof value === 'string' && isAbsolute(value) && !/\p{Cc}/u.test(value)) return value;
  throw wrong(param, 'an absolute path', value);
}

/** A whole number of at least `least`. Throws ModelError 400. */
export function checkSize(value: unknown, param: string, least = 1): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(param, `a whole number from ${least}`, value);
}

function wrong(param: string, expected: string, found: unknown): Error {
  return refusal(400, `${param}: expected ${expected}; found ${JSON.stringify(found ?? null).slice(0, 100)}`);
}
