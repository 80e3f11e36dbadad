/** What the exit code of a script asks for. */
export interface Outcome {
  failed: boolean;
  /** The task is not done, and is to be run again. */
  incomplete: boolean;
  /** What it wants to become of the machine, or of the agent, after it. */
  wants?: 'reboot' | 'poweroff' | 'stop';
}

const SUCCESS: Outcome = { failed: false, incomplete: false };

/** Exit codes of tasks with the feature `sane-exit-codes`: bits that do not meet what shells and programs exit with. */
const SANE: ReadonlyMap<number | null, Outcome> = new Map<number, Outcome>([
  [0, SUCCESS],
  [16, { ...SUCCESS, wants: 'stop' }],
  [32, { ...SUCCESS, wants: 'poweroff' }],
  [64, { ...SUCCESS, wants: 'reboot' }],
  [128, { ...SUCCESS, incomplete: true }],
  [144, { failed: false, incomplete: true, wants: 'stop' }],
  [160, { failed: false, incomplete: true, wants: 'poweroff' }],
  [192, { failed: false, incomplete: true, wants: 'reboot' }],
]);

/** Those of other tasks, `original-exit-codes`. */
const ORIGINAL: ReadonlyMap<number | null, Outcome> = new Map<number, Outcome>([
  [0, SUCCESS],
  [1, { ...SUCCESS, wants: 'reboot' }],
  [2, { ...SUCCESS, incomplete: true }],
  [3, { failed: false, incomplete: true, wants: 'reboot' }],
]);

/** What an exit code asks for; null is the end by a signal. From the Go package `agent`. */
export function outcomeOf(code: number | null, sane: boolean): Outcome {
  return (sane ? SANE : ORIGINAL).get(code) ?? { failed: true, incomplete: false };
}
