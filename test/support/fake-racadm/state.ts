/** A server with its iDRAC, as the fake racadm keeps it in a file. */
export interface IdracState {
  username: string;
  password: string;
  power: 'ON' | 'OFF';
  /** iDRAC.ServerBoot. */
  bootOnce: 'Enabled' | 'Disabled';
  firstBootDevice: string;
  /** Whether the identify light blinks. */
  blinking: boolean;
  /** What goes wrong. */
  fault?: Fault;
  /** All changes so far, as `NAME VALUE`. */
  changes: string[];
}

/**
 * `sessions`: none is free. `privilege`: the user may only log in. `license`: none for this. `busy`: not started yet.
 * `quiet-errors`: ends with code 0 whatever happens. `echo`: prints what it was given as a password. `hang`: stops
 * answering after the login. `unknown`: an error that is in no documentation.
 */
export type Fault =
  | 'sessions'
  | 'privilege'
  | 'license'
  | 'busy'
  | 'quiet-errors'
  | 'echo'
  | 'hang'
  | 'unknown';

/** The boot devices that iDRAC 9 takes. */
export const BOOT_DEVICES = [
  'Normal',
  'PXE',
  'HDD',
  'BIOS',
  'VCD-DVD',
  'F10',
  'F11',
  'UEFIDevicePath',
  'UefiHttp',
];

export function newIdrac(state: Partial<IdracState> = {}): IdracState {
  return {
    username: 'root',
    password: 'calvin',
    power: 'OFF',
    bootOnce: 'Disabled',
    firstBootDevice: 'Normal',
    blinking: false,
    changes: [],
    ...state,
  };
}
