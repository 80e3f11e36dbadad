import type { CipherSuite } from './cipher-suites.ts';

export interface OpenSessionRequest {
  tag: number;
  /** The highest level that the session may be raised to; 0 means the user's own limit. */
  privilege: number;
  /** The session id that the BMC must send to. */
  consoleId: number;
  suite: CipherSuite;
}

export interface OpenSessionResponse {
  tag: number;
  /** 0 for success. */
  status: number;
  /** 0 when a refusal has none. */
  consoleId: number;
  /** Set only with status 0. */
  accepted?: { bmcId: number; authentication: number; integrity: number; confidentiality: number };
}

const RESPONSE_BYTES = 36;

/** RMCP+ Open Session request (IPMI 2.0, table 13-9). */
export function openSessionRequest({ tag, privilege, consoleId, suite }: OpenSessionRequest): Buffer {
  const payload = Buffer.alloc(32);
  payload[0] = tag;
  payload[1] = privilege;
  payload.writeUInt32LE(consoleId, 4);
  const algorithms = [suite.authentication.algorithm, suite.integrity.algorithm, suite.confidentiality];
  for (const [kind, algorithm] of algorithms.entries()) {
    const record = 8 + 8 * kind;
    payload[record] = kind;
    payload[record + 3] = 8;
    payload[record + 4] = algorithm;
  }
  return payload;
}

/**
 * Parses an RMCP+ Open Session response (IPMI 2.0, table 13-10); undefined when it is invalid. Refusals have 8 bytes by
 * the specification, 2 from ipmi_sim. A single byte is the completion code of a BMC that found the request too short,
 * reported as status 12h. The privilege is ignored, since some BMCs always answer 0.
 */
export function readOpenSessionResponse(payload: Buffer): OpenSessionResponse | undefined {
  if (payload.length === 1) return { tag: 0, status: 0x12, consoleId: 0 };
  if (payload.length < 2) return undefined;
  const refusal = {
    tag: payload.readUInt8(0),
    status: payload.readUInt8(1),
    consoleId: payload.length < 8 ? 0 : payload.readUInt32LE(4),
  };
  if (refusal.status !== 0) return refusal;
  if (payload.length < RESPONSE_BYTES) return undefined;
  const algorithm = (offset: number) => payload.readUInt8(offset) & 0x3f;
  const accepted = {
    bmcId: payload.readUInt32LE(8),
    authentication: algorithm(16),
    integrity: algorithm(24),
    confidentiality: algorithm(32),
  };
  return { ...refusal, accepted };
}
