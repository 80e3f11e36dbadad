import { COMPLETION } from './completion-codes.ts';

/** One kind of answer that means "not yet" rather than "no". */
interface Row {
  /** Completion codes (IPMI 2.0, table 5-2). */
  codes?: readonly number[];
  /** ipmitool's words for it. */
  text: RegExp;
  /**
   * What is known of the command. `not done`: it may be sent again, whatever it is for. `unknown`: it may have been done,
   * so that power is looked at before it is switched again.
   */
  outcome: 'not done' | 'unknown';
  /** How often it is sent again, where the same answer can also mean "no"; undefined: until the time is up. */
  tries?: number;
  source: string;
}

/** Which answers mean "later", whichever way a BMC was asked. The first row that fits decides. */
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

/** The row for a completion code of a command that is no success. */
export function laterCode(code: number): Row | undefined {
  return LATER.find(({ codes }) => codes?.includes(code));
}

/** The row for what ipmitool printed. */
export function laterText(text: string): Row | undefined {
  return LATER.find((row) => row.text.test(text));
}
