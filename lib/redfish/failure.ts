import { STATUS_CODES } from 'node:http';
import { ModelError, maskSecrets, refusal } from '../models/index.ts';
import type { Bmc, Incoming, Outgoing } from './connection.ts';
import { messagesIn } from './messages.ts';

/** The status with which a BMC refused a request; the cause of the error. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

/** Codes for the plugin's error. 401 is left to the endpoint: a client would take it for its own session's end. */
const CODES: Readonly<Record<number, number>> = {
  401: 403,
  403: 403,
  405: 501,
  409: 409,
  501: 501,
  503: 503,
  504: 504,
};

/** The error of a request that the BMC refused: what was asked, its status, and what it says. Quotes no secret. */
export function failure(bmc: Bmc, { method, uri }: Outgoing, { status, body }: Incoming): ModelError {
  const about =
    status === 401
      ? 'refuses the user name or password (ipmi/username, ipmi/password)'
      : `${method} ${uri}: ${status} ${STATUS_CODES[status] ?? ''}`.trim();
  const said = messagesIn(body).map(({ text }) => maskSecrets(text, bmc.secrets));
  const messages = [`BMC ${bmc.name}: ${about}`, ...said];
  return refusal(CODES[status] ?? 502, messages, new Refused(status));
}

/** The status with which the BMC refused what `error` is about; undefined when it did not, and for 401 and 403. */
export function refusedWith(error: unknown): number | undefined {
  if (!(error instanceof ModelError) || !(error.cause instanceof Refused)) return undefined;
  const { status } = error.cause;
  return status >= 400 && status !== 401 && status !== 403 ? status : undefined;
}
