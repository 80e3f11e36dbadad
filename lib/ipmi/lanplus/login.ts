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

/** Who logs in. */
export interface Credentials {
  /** At most 16 bytes. */
  username: string;
  /** At most 20 bytes. */
  password: string;
  /** K_g, the key of BMCs that have one besides their users' passwords: at most 20 bytes, none when empty. */
  bmcKey?: Uint8Array;
}

/** How it is tried. BMCs differ in what they take. */
export interface LoginTerms {
  suite: CipherSuite;
  /** The most that the session can be raised to: 2 user, 3 operator, 4 administrator. */
  privilege: number;
  /** Whether Open Session names that privilege, which some old BMCs compute with, or leaves it at the highest. */
  namedInOpenSession: boolean;
}

/** Random values of one login, which tests choose. */
export interface LoginDraw {
  consoleId: number;
  consoleRandom: Buffer;
  tag: number;
}

/** Why a login ended. The password was shown to the BMC only with `key` and `refused` at step 4. */
export type LoginFailure =
  /** The BMC does not take the suite, or would have another one. */
  | { reason: 'suite'; status: number }
  /** No session is free; some say so of a suite that they do not take. */
  | { reason: 'sessions'; status: number }
  /** The user is not known, or disabled, or locked out. */
  | { reason: 'user'; status: number }
  | { reason: 'privilege'; status: number }
  /** The BMC's proof does not fit the password: it is wrong, or the BMC computes in a way of its own. */
  | { reason: 'password' }
  /** The password fits, and the session key does not: K_g is wrong or missing. */
  | { reason: 'key' }
  /** The BMC has forgotten this login, because of its age or another login. */
  | { reason: 'overtaken'; status: number }
  | { reason: 'refused'; status: number; step: 'Open Session' | 'RAKP 2' | 'RAKP 4' };

/** What follows from a packet. */
export type LoginStep =
  /** It was not for this login, or not what is waited for. */
  | { next: 'wait' }
  | { next: 'send'; datagram: Buffer }
  | { next: 'up'; keys: PacketKeys; bmcId: number }
  /** `farewell` lets the BMC forget the login. */
  | { next: 'failed'; failure: LoginFailure; farewell?: Buffer };

export type LoginState = 'opening' | 'asking' | 'proving';

/** Looks the user up by name alone, whatever the privilege (IPMI 2.0, table 13-11, bit 4 of the role). */
const NAME_ONLY = 0x10;

const WAIT: LoginStep = { next: 'wait' };

/**
 * One login, from Open Session to RAKP 4 (IPMI 2.0, section 13.15), as a list of states: it makes datagrams from
 * datagrams, and knows neither sockets nor time. RAKP messages are not sent again, since BMCs compute new values for each:
 * whoever hears nothing begins another login, with other ids.
 */
export class Login {
  /** Which packet each state waits for, and what is done with it. */
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

  /** Takes a packet that came from the BMC outside of a session. */
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
    // Some answer with a weaker suite and success.
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
    // The BMC has proved in RAKP 2 that it knows the password, so that only the key is left.
    if (!sameCode(code, rakp4Code(this.#exchange, this.#key))) return failed({ reason: 'key' });
    return { next: 'up', keys: packetKeys(this.#terms.suite, this.#key), bmcId: this.#exchange.bmcId };
  }

  /** Some BMCs leave the tag and the id 0 in refusals. */
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
  // Not 0, which a refusal may have whoever it is for.
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
const OVERTAKEN_STATUSES = new Set([0x02, 0x08]);
/** Invalid role, invalid name length, unauthorized name. */
const USER_STATUSES = new Set([0x09, 0x0c, 0x0d]);

function openSessionFailure(status: number): LoginFailure {
  if (status === NO_RESOURCES || status === NO_RESOURCES_AT_ROLE) return { reason: 'sessions', status };
  if (SUITE_STATUSES.has(status) || status === UNAUTHORIZED_ROLE) return { reason: 'suite', status };
  return { reason: 'refused', status, step: 'Open Session' };
}

function rakpFailure(status: number, step: 'RAKP 2' | 'RAKP 4'): LoginFailure {
  if (OVERTAKEN_STATUSES.has(status)) return { reason: 'overtaken', status };
  if (status === NO_RESOURCES || status === NO_RESOURCES_AT_ROLE) return { reason: 'sessions', status };
  if (status === UNAUTHORIZED_ROLE) return { reason: 'privilege', status };
  if (USER_STATUSES.has(status)) return { reason: 'user', status };
  if (step === 'RAKP 4' && status === INVALID_INTEGRITY_CHECK) return { reason: 'key' };
  if (SUITE_STATUSES.has(status)) return { reason: 'suite', status };
  return { reason: 'refused', status, step };
}
