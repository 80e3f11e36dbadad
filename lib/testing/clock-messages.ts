/** The environment variable with the path of the socket at which the test listens. */
export const CLOCK_SOCKET = 'DRP_PLUGINS_CLOCK_SOCKET';

export interface WorkState {
  hasSlept: boolean;
  /** When its sleep ends, in milliseconds since 1970; null while it is awake. */
  due: number | null;
}

/** What a provider under test tells after every change. */
export interface ClockState {
  /** Milliseconds since 1970. */
  now: number;
  /** How many commands it has obeyed. */
  commands: number;
  /** Its background work that is not over. */
  works: WorkState[];
}

/** What a test tells the provider: what time it is now. */
export interface ClockCommand {
  now: number;
}
