import type { CipherSuite } from './cipher-suites.ts';
import { PAYLOAD, plainFrame } from './frame.ts';
import { openSessionRequest, readOpenSessionResponse } from './open-session.ts';
import { type PacketKeys, packetKeys } from './protection.ts';
import {
  type Exchange,
  rakp1,
  rakp2Code,
  rakp3,
  rakp3Code,
  rakp4Code,
  readRakp2,
  readRakp4,
  sameCode,
  sessionKey,
} from './rakp.ts';
import { randomBytes, randomSessionId } from './random.ts';

/** The credentials of a login. */
export interface Credentials {
  /** At most 16 bytes. */
  username: string;
  /** At most 20 bytes. */
  password: string;
  /** K_g, a key that some BMCs require in addition to the password: at most 20 bytes, empty for none. */
  bmcKey?: Uint8Array;
}

/** The terms of a login. BMCs differ in what they accept. */
export interface LoginTerms {
  suite: CipherSuite;
  /** The highest level that the session can be raised to: 2 user, 3 operator, 4 administrator. */
  privilege: number;
  /**
   * Whether Open Session names the privilege, which some old BMCs use in their computation, or requests the highest.
   */
  namedInOpenSession: boolean;
}

/** Random values of a login. Tests pass fixed ones. */
export interface LoginDraw {
  consoleId: number;
  consoleRandom: Buffer;
  tag: number;
}

/** Why a login failed. A proof of the password was sent only before `key`, and before `refused` at step 4. */
export type LoginFailure =
  /** The BMC refuses the suite or answers with another one. */
  | { reason: 'suite'; status: number }
  /** No session is free; some also answer this for an unknown suite. */
  | { reason: 'sessions'; status: number }
  /** The user is unknown, disabled or locked. */
  | { reason: 'user'; status: number }
  | { reason: 'privilege'; status: number }
  /** The BMC's proof does not match the password: it is wrong, or the BMC computes differently. */
  | { reason: 'password' }
  /** The password matches but the session key does not: K_g is wrong or missing. */
  | { reason: 'key' }
  /** The BMC has dropped this login because of its age or another login. */
  | { reason: 'displaced'; status: number }
  | { reason: 'refused'; status: number; step: 'Open Session' | 'RAKP 2' | 'RAKP 4' };

/** The consequence of a packet. */
export type LoginStep =
  /** The packet is not for this login or not the expected one. */
  | { next: 'wait' }
  | { next: 'send'; datagram: Buffer }
  | { next: 'up'; keys: PacketKeys; bmcId: number }
  /** `farewell` tells the BMC to drop the login. */
  | { next: 'failed'; failure: LoginFailure; farewell?: Buffer };

export type LoginState = 'opening' | 'asking' | 'proving';

/** Look the user up by name only, whatever the privilege (IPMI 2.0, table 13-11, bit 4 of the role). */
const NAME_ONLY = 0x10;

const WAIT: LoginStep = { next: 'wait' };

/**
 * A login from Open Session to RAKP 4 (IPMI 2.0, section 13.15) as a state machine without I/O and time: packets in,
 * packets out. RAKP messages are not repeated, since BMCs compute new values for each; without an answer, the caller
 * starts another login with new ids.
 */
export class Login {
  /** By state: the expected packet, and its handler. */
  static readonly #STATES: Readonly<
    Record<LoginState, { expects: number; take: (login: Login, payload: Buffer) => LoginStep }>
  > = {
    opening: { expects: PAYLOAD.openSessionResponse, take: (login, payload) => login.#opened(payload) },
    asking: { expects: PAYLOAD.rakp2, take: (login, payload) => login.#answered(payload) },
    proving: { expects: PAYLOAD.rakp4, take: (login, payload) => login.#proved(payload) },
  };

  readonly consoleId: number;
  readonly #credentials: Credentials;
  readonly #terms: LoginTerms;
  readonly #password: Buffer;
  readonly #tag: number;
  readonly #consoleRandom: Buffer;
  #state: LoginState = 'opening';
  #exchange: Exchange | undefined;
  #key: Buffer = Buffer.alloc(0);

  constructor(credentials: Credentials, terms: LoginTerms, draw: LoginDraw = randomDraw()) {
    this.consoleId = draw.consoleId;
    this.#credentials = credentials;
    this.#terms = terms;
    this.#password = Buffer.from(credentials.password);
    this.#consoleRandom = draw.consoleRandom;
    this.#tag = draw.tag;
  }

  get state(): LoginState {
    return this.#state;
  }

  /** The first datagram. */
  begin(): Buffer {
    const { suite, privilege, namedInOpenSession } = this.#terms;
    return plainFrame(
      PAYLOAD.openSessionRequest,
      openSessionRequest({
        tag: this.#tag,
        privilege: namedInOpenSession ? privilege : 0,
        consoleId: this.consoleId,
        suite,
      }),
    );
  }

  /** Handles a packet of the BMC outside of a session. */
  take(payloadType: number, payload: Buffer): LoginStep {
    const { expects, take } = Login.#STATES[this.#state];
    return payloadType === expects ? take(this, payload) : WAIT;
  }

  #opened(payload: Buffer): LoginStep {
    const response = readOpenSessionResponse(payload);
    if (response === undefined || !this.#isMine(response)) return WAIT;
    const { status, accepted } = response;
    if (accepted === undefined) return failed(openSessionFailure(status));
    const { suite, privilege } = this.#terms;
    const asked =
      accepted.authentication === suite.authentication.algorithm &&
      accepted.integrity === suite.integrity.algorithm &&
      accepted.confidentiality === suite.confidentiality;
    // Some answer with success but a weaker suite.
    if (!asked) return failed({ reason: 'suite', status: 0 });
    this.#exchange = {
      suite,
      username: this.#credentials.username,
      role: privilege | NAME_ONLY,
      consoleId: this.consoleId,
      bmcId: accepted.bmcId,
      consoleRandom: this.#consoleRandom,
      bmcRandom: Buffer.alloc(0),
      bmcGuid: Buffer.alloc(0),
    };
    this.#state = 'asking';
    return { next: 'send', datagram: plainFrame(PAYLOAD.rakp1, rakp1(this.#tag, this.#exchange)) };
  }

  #answered(payload: Buffer): LoginStep {
    const response = readRakp2(payload, this.#terms.suite);
    if (response === undefined || this.#exchange === undefined || !this.#isMine(response)) return WAIT;
    const { status, proof } = response;
    if (proof === undefined) return failed(rakpFailure(status, 'RAKP 2'));
    const { bmcRandom, bmcGuid, code } = proof;
    const exchange = { ...this.#exchange, bmcRandom, bmcGuid };
    if (!sameCode(code, rakp2Code(exchange, this.#password))) {
      return {
        ...failed({ reason: 'password' }),
        farewell: this.#rakp3(exchange.bmcId, INVALID_INTEGRITY_CHECK),
      };
    }
    const { bmcKey } = this.#credentials;
    const hasKey = bmcKey?.some((byte) => byte !== 0) ?? false;
    this.#key = sessionKey(exchange, hasKey && bmcKey !== undefined ? bmcKey : this.#password);
    this.#exchange = exchange;
    this.#state = 'proving';
    return { next: 'send', datagram: this.#rakp3(exchange.bmcId, 0, rakp3Code(exchange, this.#password)) };
  }

  #proved(payload: Buffer): LoginStep {
    const response = readRakp4(payload, this.#terms.suite);
    if (response === undefined || this.#exchange === undefined || !this.#isMine(response)) return WAIT;
    const { status, code } = response;
    if (code === undefined) return failed(rakpFailure(status, 'RAKP 4'));
    // RAKP 2 has proved that the BMC knows the password, so the key is wrong.
    if (!sameCode(code, rakp4Code(this.#exchange, this.#key))) return failed({ reason: 'key' });
    return { next: 'up', keys: packetKeys(this.#terms.suite, this.#key), bmcId: this.#exchange.bmcId };
  }

  /** Whether a packet belongs to this login. Some BMCs leave tag and id 0 in refusals. */
  #isMine({ tag, consoleId, status }: { tag: number; consoleId: number; status: number }): boolean {
    if (status !== 0)
      return (tag === this.#tag || tag === 0) && (consoleId === this.consoleId || consoleId === 0);
    return (tag === this.#tag || tag === 0) && consoleId === this.consoleId;
  }

  #rakp3(bmcId: number, status: number, code?: Uint8Array): Buffer {
    return plainFrame(PAYLOAD.rakp3, rakp3(this.#tag, bmcId, status, code));
  }
}

function randomDraw(): LoginDraw {
  const consoleId = randomSessionId();
  // The tag is not 0, which refusals to others may have.
  return { consoleId, consoleRandom: randomBytes(16), tag: (randomBytes(1).readUInt8() % 255) + 1 };
}

function failed(failure: LoginFailure): LoginStep & { next: 'failed' } {
  return { next: 'failed', failure };
}

/** Status codes of RMCP+ and RAKP messages (IPMI 2.0, table 13-15). */
const NO_RESOURCES = 0x01;
const NO_RESOURCES_AT_ROLE = 0x0b;
const UNAUTHORIZED_ROLE = 0x0a;
const INVALID_INTEGRITY_CHECK = 0x0f;
/** No such authentication, integrity or confidentiality algorithm, no such payload, no such suite, illegal parameter. */
const SUITE_STATUSES = new Set([0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12]);
/** Invalid session id, inactive session id. */
const DISPLACED_STATUSES = new Set([0x02, 0x08]);
/** Invalid role, invalid name length, unauthorized name. */
const USER_STATUSES = new Set([0x09, 0x0c, 0x0d]);

function openSessionFailure(status: number): LoginFailure {
  if (status === NO_RESOURCES || status === NO_RESOURCES_AT_ROLE) return { reason: 'sessions', status };
  if (SUITE_STATUSES.has(status) || status === UNAUTHORIZED_ROLE) return { reason: 'suite', status };
  return { reason: 'refused', status, step: 'Open Session' };
}

function rakpFailure(status: number, step: 'RAKP 2' | 'RAKP 4'): LoginFailure {
  if (DISPLACED_STATUSES.has(status)) return { reason: 'displaced', status };
  if (status === NO_RESOURCES || status === NO_RESOURCES_AT_ROLE) return { reason: 'sessions', status };
  if (status === UNAUTHORIZED_ROLE) return { reason: 'privilege', status };
  if (USER_STATUSES.has(status)) return { reason: 'user', status };
  if (step === 'RAKP 4' && status === INVALID_INTEGRITY_CHECK) return { reason: 'key' };
  if (SUITE_STATUSES.has(status)) return { reason: 'suite', status };
  return { reason: 'refused', status, step };
}
