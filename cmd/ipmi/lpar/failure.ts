import { abortError, refusal } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { hide } from '../redfish/hide.ts';
import { at, textAt } from '../redfish/resource.ts';
import type { Incoming, Line, Outgoing } from './exchange.ts';
import type { Hmc } from './hmc.ts';
import { readXml } from './xml.ts';

/** An answer that was not read to its end. */
export class TooLong extends Error {
  override readonly message = 'its answer is longer than any that an HMC gives';
}

const CUT_OFF = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
const NOT_THERE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN']);
const DISTRUSTED = /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** How much of what an HMC says is passed on. */
const LONGEST_TEXT = 500;

/** Whether the connection ended in the middle. */
export function wasCutOff(error: unknown): boolean {
  return CUT_OFF.has(codeOf(error));
}

/** An error that begins with the HMC's name, and quotes no secret. */
export function hmcError(hmc: Hmc, code: number, messages: readonly string[], cause?: unknown): ModelError {
  const [first = '', ...more] = messages.map((text) => short(hide(text, [hmc.password])));
  return refusal(code, [`HMC ${hmc.name}: ${first}`, ...more], cause);
}

/** What a failure in transport means, with its cause. */
export function transportFailure(
  { hmc, limits }: Line,
  { method, path }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(hmc.name, signal);
  if (error instanceof ModelError) return error;
  const code = codeOf(error);
  const why = error instanceof Error ? error.message : String(error);
  const says = (status: number, text: string) => hmcError(hmc, status, [text], error);
  if (NOT_FOUND.has(code)) return says(504, 'cannot be found: its host name has no address (ipmi/address)');
  if (NOT_THERE.has(code)) return says(504, `does not answer: ${code} (ipmi/address, ipmi/port-lpar)`);
  if (DISTRUSTED.test(code)) return says(502, `has a certificate that ipmi/ca does not vouch for: ${why}`);
  if (code === 'ETIMEDOUT') {
    // got names what took too long; the operating system's own limit for a connection has the same code.
    return typeof error === 'object' && error !== null && 'event' in error && error.event === 'request'
      ? says(504, `gave no answer to ${method} ${path} within ${limits.requestMs / 1000} s`)
      : says(504, `does not answer within ${limits.connectMs / 1000} s (ipmi/address, ipmi/port-lpar)`);
  }
  if (wasCutOff(error)) return says(502, `broke the connection off during ${method} ${path}`);
  return says(502, `${method} ${path}: ${why}`);
}

/**
 * What an answer with a status that is no success means. Of an HttpErrorResponse only its words are taken: it has the
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

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}
