import type { ModelError } from '../../models/index.ts';
import { refusal } from '../../models/index.ts';
import { PROBLEMS } from '../problems.ts';
import type { Credentials, LoginFailure } from './login.ts';
import { Unsuitable } from './unsuitable.ts';

/** Some BMCs store only this many bytes of a password. */
const SHORT_PASSWORD_BYTES = 16;

/** The error for a failed login. `bmc` is the BMC's name in messages; `told` says how long it was tried. */
export function loginError(
  bmc: string,
  failure: LoginFailure,
  credentials: Credentials,
  told: readonly string[],
): ModelError {
  const error = (code: number, says: string, ...more: string[]) =>
    refusal(code, [`BMC ${bmc}: ${says}`, ...more]);
  switch (failure.reason) {
    case 'password':
      return new Unsuitable(error(403, PROBLEMS.wrongCredentials, ...passwordHint(credentials)), 'lanplus');
    case 'key':
      return error(403, keyProblem(credentials));
    case 'user':
      return error(403, PROBLEMS.unknownUser);
    case 'privilege':
      return error(403, PROBLEMS.privilege);
    case 'suite':
      return error(502, PROBLEMS.noSuite);
    case 'sessions':
      return error(503, PROBLEMS.noSession, ...told);
    case 'displaced':
      return error(503, `${PROBLEMS.openedNone}: each login was displaced by another one`);
    case 'refused': {
      const status = `0x${failure.status.toString(16).padStart(2, '0')}`;
      return new Unsuitable(
        error(502, `${PROBLEMS.openedNone}: ${failure.step} was refused with status ${status}`),
        'lanplus',
      );
    }
  }
}

function passwordHint({ password }: Credentials): string[] {
  const bytes = Buffer.byteLength(password);
  if (bytes <= SHORT_PASSWORD_BYTES) return [];
  return [`the password has ${bytes} bytes: some BMCs keep no more than ${SHORT_PASSWORD_BYTES} of it`];
}

function keyProblem({ bmcKey }: Credentials): string {
  return bmcKey === undefined || bmcKey.length === 0
    ? 'accepts the password, but also needs the key K_g: set ipmi/kg-key'
    : 'accepts the password, but not the key K_g (ipmi/kg-key)';
}
