/** Pauses between tries, in units of the first. */
const PAUSES = [1, 2, 3, 5, 8];

/** The longest pause, in units of the first. */
export const LONGEST_PAUSE = 10;

/** The pause before the next try after `tries` tries, in units of the first pause. For BMCs that are not ready. */
export function retryPause(tries: number): number {
  return PAUSES[tries] ?? LONGEST_PAUSE;
}
