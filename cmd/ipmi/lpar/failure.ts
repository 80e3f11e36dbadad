import { at, textAt, transportProblem } from '../../../lib/https/index.ts';
import { abortError, refusal } from '../../../lib/ipmi/index.ts';
import { ModelError, maskSecrets } from '../../../lib/models/index.ts';
import type { Connection, Incoming, Outgoing } from './connection.ts';
import type { Hmc } from './hmc.ts';
import { readXml } from './xml.ts';

/** How much of what an HMC says is passed on. */
const LONGEST_TEXT = 500;

/** An error that begins with the HMC's name, and quotes no secret. */
export function hmcError(hmc: Hmc, code: number, messages: readonly string[], cause?: unknown): ModelError {
  const [first = '', ...more] = messages.map((text) => short(maskSecrets(text, [hmc.password])));
  return refusal(code, [`HMC ${hmc.name}: ${first}`, ...more], cause);
}

/** What a failure in transport means, with its cause. */
export function transportFailure(
  { hmc, limits }: Connection,
  { method, path }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(`HMC ${hmc.name}`, signal);
  if (error instanceof ModelError) return error;
  const about = { what: `${method} ${path}`, limits, params: 'ipmi/address, ipmi/port-lpar' };
  const { code, says } = transportProblem(error, about);
  return hmcError(hmc, code, [says], error);
}

/**
 * What an answer with a status other than success means. Of an HttpErrorResponse only its words are taken: it has the
 * request's headers and body as well, and so the session and the password.
 */
export async function answerFailure(hmc: Hmc, outgoing: Outgoing, incoming: Incoming): Promise<ModelError> {
  const { status } = incoming;
  const { method, path } = outgoing;
  const document = await readXml(incoming.text).catch(() => undefined);
  const response = at(document, 'entry', 'content', 'HttpErrorResponse') ?? at(document, 'HttpErrorResponse');
  const said = [textAt(response, 'Message'), textAt(response, 'ReasonCode')].find(Boolean);
  const quoted = said === undefined ? [] : [`HMC: ${said}`];
  const [code, meaning] = meaningOf(status, path) ?? [502, `${method} ${path}: status ${status}`];
  return hmcError(hmc, code, [meaning, ...quoted]);
}

/** 401 is left to the endpoint: a client would take it for its own session's end. */
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

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}
