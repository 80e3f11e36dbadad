import { COMPLETION } from './completion-codes.ts';

/** One kind of answer that means "not yet" rather than "no". */
interface Row {
  /** Completion codes (IPMI 2.0, table 5-2). */
  codes?: readonly number[];
  /** ipmitool's text for it. */
  text: RegExp;
  /**
   * Whether the command was carried out. `not done`: every command may be repeated. `unknown`: it may have been done,
   * so the power state is checked before a power command is repeated.
   */
  outcome: 'not done' | 'unknown';
  /** Maximum number of repetitions, for answers that can also mean "no"; undefined: until the time limit. */
  tries?: number;
  source: string;
}

/** Answers that mean "later", for all transports. The first matching row counts. */
export const LATER: readonly Row[] = [
  {
    text: /insufficient resources for session/i,
    outcome: 'not done',
    source:
      'ironic’s IPMITOOL_RETRYABLE_FAILURES; openshift-kni/baremetal-deploy 481 (iDRAC 9), openbmc/openbmc 1241',
  },
  {
    text: /Received an Unexpected (Open Session|RAKP)|Assertion `session->v2_data\.session_state/i,
    outcome: 'not done',
    source: 'an answer to an earlier login comes into this one: ipmitool ends (ipmitool/ipmitool 154)',
  },
  {
    codes: [COMPLETION.busy],
    text: /Node busy|rsp=0xc0\b/i,
    outcome: 'not done',
    source: 'IPMI 2.0, table 5-2; ironic retried it as well',
  },
  {
    codes: [0xd0],
    text: /SDR Repository in update mode|rsp=0xd0\b/i,
    outcome: 'not done',
    source: 'IPMI 2.0, table 5-2',
  },
  {
    codes: [0xd1],
    // ipmitool writes "firmeware".
    text: /Device firme?ware in update mode|rsp=0xd1\b/i,
    outcome: 'not done',
    source: 'IPMI 2.0, table 5-2',
  },
  {
    codes: [COMPLETION.starting],
    text: /BMC initiali[sz]ation in progress|rsp=0xd2\b/i,
    outcome: 'not done',
    source: 'IPMI 2.0, table 5-2: the BMC starts',
  },
  {
    codes: [COMPLETION.timeout],
    text: /failed: Timeout|rsp=0xc3\b/i,
    outcome: 'unknown',
    tries: 5,
    source: 'IPMI 2.0, table 5-2: no response available; ironic retried it as well',
  },
  {
    codes: [0xce],
    text: /Command response could not be provided|rsp=0xce\b/i,
    outcome: 'unknown',
    tries: 5,
    source: 'IPMI 2.0, table 5-2',
  },
  {
    codes: [COMPLETION.unspecified],
    text: /failed: Unspecified error/i,
    outcome: 'unknown',
    tries: 3,
    source: 'OpenBMC while it starts (openbmc/openbmc 1810); other BMCs mean "no" by it',
  },
];

/** The row for a completion code other than success. */
export function laterCode(code: number): Row | undefined {
  return LATER.find(({ codes }) => codes?.includes(code));
}

/** The row for ipmitool's output. */
export function laterText(text: string): Row | undefined {
  return LATER.find((row) => row.text.test(text));
}
