/** The kinds of datagrams, by who sends them. */
export type Kind =
  | 'versions'
  | 'open'
  | 'rakp1'
  | 'rakp3'
  | 'request'
  | 'sol'
  | 'versions answer'
  | 'open answer'
  | 'rakp2'
  | 'rakp4'
  | 'response'
  | 'sol answer';

/** A refusal in the login. */
export interface Refusal {
  at: 'open' | 'rakp2' | 'rakp4';
  status: number;
  /** Of the payload; 8 by the specification. One byte is a completion code. */
  length?: number;
  /** With tag 0 and session id 0. */
  isAnonymous?: boolean;
  /** For this suite only. */
  suite?: number;
  /** How often; always unless given. */
  times?: number;
}

/** What a BMC does wrong. All can be changed while it runs. */
export interface Faults {
  /** Whether the `count`th datagram of a kind (from 0) is lost. */
  loses?: (kind: Kind, count: number) => boolean;
  /** How late the `count`th answer of a kind is, in ms. */
  delays?: (kind: Kind, count: number) => number;
  answersTwice?: boolean;
  /** Whether the `count`th answer of a kind comes twice. */
  doubles?: (kind: Kind, count: number) => boolean;
  refusals?: Refusal[];
  /** The suite in the answer to Open Session, with status 0, whatever was asked for. */
  answersSuite?: number;
  /** Has 0 as the privilege in the answer to Open Session. */
  answersNoPrivilege?: boolean;
  /** With these suites. */
  wrongRakp2Code?: readonly number[];
  wrongRakp4Code?: boolean;
  /** Computes with the privilege of Open Session in place of the one in RAKP 1. */
  computesWithOpenPrivilege?: boolean;
  /** Wants the requested privilege to be the user's own, unless the lookup is by name only. */
  wantsEqualPrivilege?: boolean;
  /** Refuses a role above the user's in RAKP 2, as the specification has it. */
  refusesHighRole?: boolean;
  /** Encrypts with 16 bytes of padding where none would do. */
  padsWholeBlock?: boolean;
  wrongInnerChecksum?: boolean;
  /** By how much the numbers of its packets go up; 1 is right, 0 repeats one for ever. */
  sequenceStep?: number;
  /** Says nothing to Get Channel Authentication Capabilities. */
  silentToVersions?: boolean;
  /** Speaks 1.5 only: is silent to RMCP+, and says so. */
  isOld?: boolean;
  /** Says nothing in a session. */
  silentInSession?: boolean;
  /** The most privilege that it can be raised to. */
  highestPrivilege?: number;
  /** Accepts no more bytes of a password. */
  passwordBytes?: number;
  /** Answers `count` requests of each command so before it does what it is told. */
  codes?: Record<string, { code: number; times: number }>;
}
