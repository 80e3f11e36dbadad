/** Environment variable with the path of the test's socket. */
export const CLOCK_SOCKET = 'DRP_PLUGINS_CLOCK_SOCKET';

export interface WorkState {
  hasSlept: boolean;
  /** When its sleep ends, in ms since 1970; null while it is not sleeping. */
  due: number | null;
}

/** Sent by the provider under test after every change. */
export interface ClockState {
  /** Ms since 1970. */
  now: number;
  /** How many commands it has processed. */
  commands: number;
  /** Its running background work. */
  works: WorkState[];
}

/** Sent by the test: the new time. */
export interface ClockCommand {
  now: number;
}
