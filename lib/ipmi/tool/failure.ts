import type { ModelError, Secrets } from '../../models/index.ts';
import { refusal } from '../../models/index.ts';
import { laterText } from '../later.ts';
import { PROBLEMS } from '../problems.ts';

/** A failure of ipmitool. */
export interface Failure {
  /**
   * `suite`: the BMC refuses the cipher suite. It did so before the login, or (when it went silent) no password was
   * refused, so another suite may be tried without a failed login. `privilege`: the BMC does not grant the requested
   * privilege; a lower one may be tried. `silent`: nothing is known about the suite. `other`: the suite is accepted.
   */
  kind: 'suite' | 'privilege' | 'silent' | 'other';
  error: ModelError;
  /** Why a repetition may succeed; undefined for a final failure. */
  later: ReturnType<typeof laterText>;
}

interface Rule {
  /** Matched against stderr without noise. */
  pattern: RegExp;
  kind?: Failure['kind'];
  /**
   * HTTP status. A refused login must not become a 401: clients would take it for the end of their session at the
   * endpoint.
   */
  code: number;
  /** Text after the BMC's name. */
  says: string;
}

/**
 * Output of ipmitool 1.8.18 and 1.8.19 with `-v`, from tests with ipmi_sim and from its source. The first match counts.
 * Without `-v`, a dead BMC, an unknown user and a wrong password cannot be told apart.
 */
const RULES: readonly Rule[] = [
  {
    pattern: /open session response message : (invalid \w+ algorithm|no matching .*|illegal .*)/,
    kind: 'suite',
    code: 502,
    says: PROBLEMS.noSuite,
  },
  { pattern: /Unsupported cipher suite ID/, code: 400, says: PROBLEMS.noSuite },
  {
    pattern: /RAKP \d message indicates an error : (unauthorized name|invalid name length)/,
    kind: 'privilege',
    code: 403,
    says: PROBLEMS.unknownUser,
  },
  {
    pattern: /RAKP 2 HMAC is invalid|RAKP 4 message has invalid/,
    code: 403,
    says: PROBLEMS.wrongCredentials,
  },
  { pattern: /invalid integrity check value/, code: 403, says: PROBLEMS.wrongCredentials },
  { pattern: /(unauthorized|invalid) role/, kind: 'privilege', code: 403, says: PROBLEMS.privilege },
  { pattern: /insufficient resources/, code: 503, says: PROBLEMS.noSession },
  {
    pattern: /no response from RAKP/,
    kind: 'silent',
    code: 504,
    says: PROBLEMS.stopped,
  },
  {
    pattern: /Address lookup for \S+ failed/,
    kind: 'silent',
    code: 504,
    says: PROBLEMS.noAddress,
  },
  {
    pattern: /Get Auth Capabilities error|Get Channel Authentication Capabilities|Could not open socket/,
    kind: 'silent',
    code: 504,
    says: PROBLEMS.silent,
  },
  { pattern: /does not support IPMI v2/, code: 501, says: PROBLEMS.notIpmi2 },
  {
    pattern: /Set Session Privilege Level to \w+ failed:/,
    kind: 'privilege',
    code: 403,
    says: PROBLEMS.privilege,
  },
  {
    pattern: /Set Session Privilege Level to \w+ failed/,
    kind: 'suite',
    code: 504,
    says: PROBLEMS.muteSuite,
  },
  { pattern: /Insufficient privilege level/i, code: 403, says: PROBLEMS.privilege },
  {
    pattern: /Unable to establish (LAN|IPMI v\S+ \/ RMCP\+?) session/,
    kind: 'silent',
    code: 502,
    says: PROBLEMS.openedNone,
  },
  { pattern: /Invalid command|rsp=0xc1/i, code: 501, says: PROBLEMS.unsupported },
  { pattern: /not supported in present state/i, code: 409, says: PROBLEMS.wrongState },
  { pattern: /Node busy|in update mode|initiali[sz]ation in progress/i, code: 503, says: PROBLEMS.busy },
  { pattern: /Close Session command failed/, code: 504, says: PROBLEMS.stoppedLater },
];

/** Lines that `-v` prints for every call. */
const NOISE =
  /^(Loading IANA|Running Get |Invalid completion code received|Discovered IPMB|Get HPM\.x |IPMI Request Match|RAW |( [0-9a-f]{2})+$|\s*$)/;

/** How many lines of ipmitool's output an error quotes, and how many characters of each. */
const MAX_LINES = 5;
const LONGEST_LINE = 300;

/** Determines the failure from ipmitool's stderr. `bmc` is the BMC's name in messages. Quoted text is masked. */
export function failureOf(bmc: string, stderr: string, code: number | null, secrets: Secrets): Failure {
  const lines = tellingLines(stderr);
  const text = lines.join('\n');
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  const says = rule?.says ?? unknownFailure(code);
  // Masked before lines are trimmed, since a secret may begin or end with a blank.
  const quoted = tellingLines(secrets.mask(stderr))
    .slice(0, MAX_LINES)
    .map((line) => `ipmitool: ${line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}…`}`);
  return {
    kind: rule?.kind ?? 'other',
    error: refusal(rule?.code ?? 502, [`BMC ${bmc}: ${says}`, ...quoted]),
    later: laterText(text),
  };
}

function unknownFailure(code: number | null): string {
  if (code === 0) return PROBLEMS.refused;
  return code === null ? 'unknown: a signal ended ipmitool' : `ipmitool failed with code ${code}`;
}

function tellingLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !NOISE.test(line))
    .map((line) => line.trim());
}
