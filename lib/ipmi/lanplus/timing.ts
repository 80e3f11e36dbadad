/** How long is waited for what, in ms. Tests have less patience. */
export interface Timing {
  /** For the answer to Open Session: one entry for each time that it is sent. */
  openMs: readonly number[];
  /** For an answer in the login: one entry for each login that is begun because no answer came. */
  loginMs: readonly number[];
  /** For the answer to a request: one entry for each time that it is sent. */
  requestMs: readonly number[];
  /** The same for the first request in a session that was kept: whether it is still there is soon known. */
  keptMs: readonly number[];
  /** For the answer to a request that is sent once only. */
  onceMs: number;
  /** Before the first other try, when the BMC says "later"; those after it are longer. */
  laterMs: number;
  /** From the start of one login to the next one on the same BMC. */
  betweenLoginsMs: number;
  /** How long a session is kept after the last work. */
  keptForMs: number;
  /** For the acknowledgement of what is typed at a console: one entry for each time that it is sent. */
  solMs: readonly number[];
  /** From one sign of life to the next at a console where nothing happens. */
  solAliveMs: number;
  /** For a host name's address. */
  lookupMs: number;
  /** How long work may wait for its turn on a BMC. */
  turnMs: number;
}

export const USUAL_TIMING: Timing = {
  openMs: [1_000, 2_000, 3_000],
  // Some BMCs take seconds to compute.
  loginMs: [2_000, 3_000, 5_000],
  requestMs: [1_000, 2_000, 3_000, 4_000],
  keptMs: [1_000, 1_000],
  onceMs: 10_000,
  laterMs: 1_000,
  betweenLoginsMs: 1_000,
  keptForMs: 10_000,
  solMs: [500, 1_000, 2_000, 3_000, 4_000],
  solAliveMs: 25_000,
  lookupMs: 10_000,
  turnMs: 120_000,
};
