import type { ModelError, Secrets } from '../../models/index.ts';
import { refusal } from '../../models/index.ts';
import { laterText } from '../later.ts';
import { PROBLEMS } from '../problems.ts';

/** Why ipmitool failed. */
export interface Failure {
  /**
   * `suite`: the BMC does not take the cipher suite. It said so before it was shown who asks, or (when it went silent)
   * no password was refused, so that another suite may be tried without counting as a failed login.
   * `privilege`: the BMC does not let the user in with the privilege that was asked for, if at all; a lower one may be
   * tried. `silent`: nothing is known about the suite. `other`: the suite is fine.
   */
  kind: 'suite' | 'privilege' | 'silent' | 'other';
  error: ModelError;
  /** Why the same may succeed soon; undefined when it means "no". */
  later: ReturnType<typeof laterText>;
}

interface Rule {
  /** Matched against stderr, less the lines that say nothing. */
  pattern: RegExp;
  kind?: Failure['kind'];
  /** HTTP status. 401 is left to the endpoint: a client would take it for its own session's end. */
  code: number;
  /** Follows the BMC's name. */
  says: string;
}

/**
 * What ipmitool 1.8.18 and 1.8.19 print with `-v`, measured against ipmi_sim and read off its source; the first that
 * fits. Without `-v`, a dead BMC, an unknown user and a wrong password all look the same.
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

/** What `-v` tells of every call, and no reader wants. */
const NOISE =
  /^(Loading IANA|Running Get |Invalid completion code received|Discovered IPMB|Get HPM\.x |IPMI Request Match|RAW |( [0-9a-f]{2})+$|\s*$)/;

/** How many of ipmitool's own lines go into an error, and how much of each. */
const MAX_LINES = 5;
const LONGEST_LINE = 300;

/** What is wrong, by ipmitool's stderr. `bmc` is its name for people. What it quotes is masked. */
export function failureOf(bmc: string, stderr: string, code: number | null, secrets: Secrets): Failure {
  const lines = tellingLines(stderr);
  const text = lines.join('\n');
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  const says = rule?.says ?? unknownFailure(code);
  // Before lines are trimmed: a secret may begin or end with a blank.
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
