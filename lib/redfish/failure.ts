import { STATUS_CODES } from 'node:http';
import { foreign, foreignPath, ModelError, own, refusal, say, type Wording } from '../models/index.ts';
import type { Bmc, Incoming, Outgoing } from './connection.ts';
import { type Message, messagesIn } from './messages.ts';

/** The cause of an error for a request that the BMC refused. */
export class Refused extends Error {
  readonly status: number;
  readonly said: readonly Message[];

  constructor(status: number, said: readonly Message[]) {
    super(`status ${status}`);
    this.status = status;
    this.said = said;
  }
}

/**
 * Error codes by HTTP status. A refused login must not become a 401: clients would take it for the end of their session
 * at the endpoint.
 */
const CODES: Readonly<Record<number, number>> = {
  401: 403,
  403: 403,
  405: 501,
  409: 409,
  501: 501,
  503: 503,
  504: 504,
};

/** An error that begins with the BMC's name. Text from the BMC is masked. */
export function bmcError(
  { name, secrets }: Pick<Bmc, 'name' | 'secrets'>,
  code: number,
  messages: readonly Wording[],
  cause?: unknown,
): ModelError {
  const [first = own(''), ...more] = messages;
  const lines = [say`BMC ${own(name)}: ${first}`, ...more].map((message) => secrets.text(message));
  return refusal(code, lines, cause);
}

/** The error for a refused request: the request, its status, the BMC's messages, and advice. */
export function failure(
  bmc: Bmc,
  { method, uri }: Outgoing,
  { status, body }: Incoming,
  ...more: readonly Wording[]
): ModelError {
  const about =
    status === 401
      ? own('refuses the user name or password (ipmi/username, ipmi/password)')
      : say`${own(method)} ${foreignPath(uri)}: ${own(`${status} ${STATUS_CODES[status] ?? ''}`.trim())}`;
  const said = messagesIn(body);
  const lines = [about, ...said.map(({ text }) => say`${foreign(text)}`), ...more];
  return bmcError(bmc, CODES[status] ?? 502, lines, new Refused(status, said));
}

/** The refusal that caused `error`; undefined for other errors, and for 401 and 403. */
export function refusedWith(error: unknown): Refused | undefined {
  if (!(error instanceof ModelError) || !(error.cause instanceof Refused)) return undefined;
  const { status } = error.cause;
  return status >= 400 && status !== 401 && status !== 403 ? error.cause : undefined;
}
