/** The meaning of a script's exit code. */
export interface Outcome {
  failed: boolean;
  /** The task is not done and must run again. */
  incomplete: boolean;
  /** What to do with the machine, or the agent, afterwards. */
  wants?: 'reboot' | 'poweroff' | 'stop';
}

const SUCCESS: Outcome = { failed: false, incomplete: false };

/**
 * Exit codes of tasks with the feature `sane-exit-codes`: bits that do not collide with the exit codes of shells and
 * programs.
 */
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

/** Exit codes of other tasks (`original-exit-codes`). */
const ORIGINAL: ReadonlyMap<number | null, Outcome> = new Map<number, Outcome>([
  [0, SUCCESS],
  [1, { ...SUCCESS, wants: 'reboot' }],
  [2, { ...SUCCESS, incomplete: true }],
  [3, { failed: false, incomplete: true, wants: 'reboot' }],
]);

/** The meaning of an exit code; null stands for the end by a signal. From the Go package `agent`. */
export function outcomeOf(code: number | null, sane: boolean): Outcome {
  return (sane ? SANE : ORIGINAL).get(code) ?? { failed: true, incomplete: false };
}
