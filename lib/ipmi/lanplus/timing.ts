/** Time limits and pauses in ms. Tests use shorter ones. */
export interface Timing {
  /** For the answer to Open Session: one entry for each try. */
  openMs: readonly number[];
  /** For an answer during the login: one entry for each login. */
  loginMs: readonly number[];
  /** For the answer to a request: one entry for each try. */
  requestMs: readonly number[];
  /** The same for the first request in a kept session, to find out quickly whether it still exists. */
  keptMs: readonly number[];
  /** For the answer to a request that is sent only once. */
  onceMs: number;
  /** First pause after an answer that means "later"; further ones are longer. */
  laterMs: number;
  /** From the start of a login to the next one on the same BMC. */
  betweenLoginsMs: number;
  /** How long an idle session is kept. */
  keptForMs: number;
  /** For the acknowledgement of console input: one entry for each try. */
  solMs: readonly number[];
  /** Interval of keep-alive packets of an idle console. */
  solAliveMs: number;
  /** For resolving a host name. */
  lookupMs: number;
  /** How long work may wait for its turn on a BMC. */
  turnMs: number;
}

export const USUAL_TIMING: Timing = {
  openMs: [1_000, 2_000, 3_000],
  // Some BMCs need seconds for the computation.
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
