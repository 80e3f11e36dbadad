import { at, textAt, transportProblem } from '../../../lib/https/index.ts';
import {
  abortError,
  foreign,
  ModelError,
  own,
  refusal,
  say,
  type Wording,
} from '../../../lib/models/index.ts';
import type { Connection, Incoming, Outgoing } from './connection.ts';
import type { Hmc } from './hmc.ts';
import { readXml } from './xml.ts';

/** An error that begins with the HMC's name. Text from the HMC is masked. */
export function hmcError(
  { name, secrets }: Hmc,
  code: number,
  messages: readonly Wording[],
  cause?: unknown,
): ModelError {
  const [first = own(''), ...more] = messages;
  const lines = [say`HMC ${own(name)}: ${first}`, ...more].map((message) => secrets.text(message));
  return refusal(code, lines, cause);
}

/** The error for a transport failure, with its cause. */
export function transportFailure(
  { hmc, limits }: Connection,
  { method, path }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(`HMC ${hmc.name}`, signal);
  if (error instanceof ModelError) return error;
  const { code, says } = transportProblem(error, {
    what: own(`${method} ${path}`),
    limits,
    params: own('ipmi/address, ipmi/port-lpar'),
    oldTls: hmc.oldTls,
  });
  return hmcError(hmc, code, [says], error);
}

/**
 * The error for an answer without success. Only the messages of an HttpErrorResponse are used: it also quotes the
 * request's headers and body, which contain the session and the password.
 */
export async function answerFailure(hmc: Hmc, outgoing: Outgoing, incoming: Incoming): Promise<ModelError> {
  const { status } = incoming;
  const { method, path } = outgoing;
  const document = await readXml(incoming.text).catch(() => undefined);
  const response = at(document, 'entry', 'content', 'HttpErrorResponse') ?? at(document, 'HttpErrorResponse');
  const said = [textAt(response, 'Message'), textAt(response, 'ReasonCode')].find(Boolean);
  const quoted = said === undefined ? [] : [say`HMC: ${foreign(said)}`];
  const [code, meaning] = meaningOf(status, path) ?? [502, `${method} ${path}: status ${status}`];
  return hmcError(hmc, code, [own(meaning), ...quoted]);
}

/** A refused login must not become a 401: clients would take it for the end of their session at the endpoint. */
function meaningOf(status: number, path: string): [code: number, meaning: string] | undefined {
  const isLogon = path.endsWith('/Logon');
  if (status === 401 && isLogon)
    return [403, 'refuses the user name or password (ipmi/username, ipmi/password)'];
  if (status === 401) return [502, 'has ended the session'];
  if (status === 403) return [403, 'does not let this user do it (ipmi/username)'];
  if (status === 404 && path.includes('/LogicalPartition/')) {
    return [404, 'knows no such partition (ipmi/lpar-id)'];
  }
  if (status === 429 || status === 503) return [503, 'is busy'];
  return undefined;
}
