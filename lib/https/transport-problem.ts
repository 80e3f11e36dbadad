import { foreign, say, type Wording } from '../models/index.ts';
import {
  codeOf,
  endedBeforeTls,
  timeoutOf,
  wasCutOff,
  wasDistrusted,
  wasRefused,
  wasTlsFailure,
} from './error-code.ts';
import type { Limits } from './send.ts';

const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);

/** The request and its target, for the message. */
interface About {
  /** The request. */
  what: Wording;
  limits: Limits;
  /** Params to check. */
  params: Wording;
  /** Whether old TLS versions are allowed (`ipmi/tls-old`). */
  oldTls: boolean;
}

/** Why a request got no answer: the error code, and the text that follows the target's name. */
export function transportProblem(error: unknown, about: About): { code: number; says: Wording } {
  const { what, limits, params } = about;
  const code = codeOf(error);
  if (NOT_FOUND.has(code)) {
    return { code: 504, says: say`cannot be found: its host name has no address (ipmi/address)` };
  }
  if (wasTlsFailure(error) || endedBeforeTls(error)) return { code: 502, says: tlsProblem(error, about) };
  const late = timeoutOf(error);
  if (late === 'request' || late === 'response') {
    return { code: 504, says: say`gave no answer to ${what} within ${limits.requestMs / 1000} s` };
  }
  if (late === 'secureConnect') {
    const says = say`did not agree on TLS within ${limits.handshakeMs / 1000} s (${params})`;
    return { code: 504, says };
  }
  if (late !== '') {
    return { code: 504, says: say`does not answer within ${limits.connectMs / 1000} s (${params})` };
  }
  if (wasRefused(error)) return { code: 504, says: say`does not answer: ${foreign(code)} (${params})` };
  if (wasDistrusted(error)) {
    return { code: 502, says: say`has a certificate that ipmi/ca does not vouch for: ${reason(error)}` };
  }
  if (wasCutOff(error)) return { code: 502, says: say`broke the connection off during ${what}` };
  return { code: 502, says: say`${what}: ${reason(error)}` };
}

function tlsProblem(error: unknown, { what, oldTls, params }: About): Wording {
  if (endedBeforeTls(error)) {
    const why = oldTls
      ? say`it may be starting`
      : say`it may be starting, or speak old TLS only (ipmi/tls-old)`;
    return say`closed the connection before TLS was agreed on, for ${what}: ${why}`;
  }
  const about = `${codeOf(error)} ${error instanceof Error ? error.message : ''}`;
  if (/wrong.version.number|http.request|packet.length.too.long/i.test(about)) {
    return say`does not speak TLS on this port (${params}): ${reason(error)}`;
  }
  const hint = oldTls
    ? say`not even with those of old BMCs, which ipmi/tls-old allows`
    : say`set ipmi/tls-old to true for an old BMC that has TLS 1.0 or weak ciphers only`;
  return say`has no version of TLS, or no cipher, in common with this plugin: ${reason(error)}; ${hint}`;
}

function reason(error: unknown) {
  return foreign(error instanceof Error ? error.message : String(error));
}
