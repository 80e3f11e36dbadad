/** An exit of a state: its condition and the next state. */
interface Exit {
  readonly to: string;
  readonly when: string;
}

/** The exits when the machine must restart. */
const RESTART = {
  installing: {
    to: 'EXIT',
    when: 'the machine must boot, and is in a boot environment `*-install`: the installer does it',
  },
  kexec: { to: 'KEXEC', when: 'the machine must boot, and a kernel is loaded' },
  reboot: { to: 'REBOOT', when: 'the machine must boot' },
} as const;

/** The exits after waiting for the machine. */
const WAITED = {
  runnable: { to: 'RUN_TASK', when: 'the machine is available, runnable, and in the context of the agent' },
  'not runnable': { to: 'WAIT_FOR_RUNNABLE', when: 'it has changed, and is not runnable' },
  'time is up': {
    to: 'EXIT',
    when: 'with `oneshot`, that has not come in a second',
  },
  ...RESTART,
} as const;

/**
 * What the agent does in each state, and the next states. The agent runs by this table: the work of a state returns one
 * of its exits. From the Go package `agent`.
 */
export const STATES = {
  INIT: {
    does: 'fails the job of its context that an earlier agent has left `created` or `running`; listens to events of the machine',
    exits: {
      ready: { to: 'WAIT_FOR_RUNNABLE', when: 'that is done' },
      ...RESTART,
    },
  },
  WAIT_FOR_RUNNABLE: { does: 'waits until the machine is runnable', exits: WAITED },
  RUN_TASK: {
    does: 'asks for the next job and runs it',
    exits: {
      done: { to: 'WAIT_FOR_RUNNABLE', when: 'the job is finished, incomplete or failed' },
      'no job': { to: 'WAIT_FOR_CHANGE_STAGE', when: 'there is no job, and the machine has a workflow' },
      'no job, no workflow': { to: 'CHANGE_STAGE', when: 'there is no job, and the machine has no workflow' },
      'no job in the chroot': { to: 'EXIT', when: 'there is no job, in a chroot' },
      chroot: { to: 'WAIT_FOR_RUNNABLE', when: 'the job is `chroot:FOLDER`: what follows runs there' },
      stop: { to: 'EXIT', when: 'the task says stop' },
      failed: { to: 'EXIT', when: 'the task failed, with `exitOnFailure`' },
      poweroff: { to: 'POWEROFF', when: 'the task says poweroff' },
      installing: { to: 'EXIT', when: 'the task says reboot, in a boot environment `*-install`' },
      kexec: { to: 'KEXEC', when: 'the task says reboot, and a kernel is loaded' },
      reboot: { to: 'REBOOT', when: 'the task says reboot' },
    },
  },
  WAIT_FOR_CHANGE_STAGE: {
    does: 'waits until CurrentTask, Tasks, Runnable, BootEnv or Stage are others',
    exits: WAITED,
  },
  CHANGE_STAGE: {
    does: 'looks up the next stage in the param `change-stage/map`, for endpoints older than workflows, and sets it',
    exits: {
      'no change': { to: 'WAIT_FOR_CHANGE_STAGE', when: 'there is no next stage' },
      changed: { to: 'WAIT_FOR_RUNNABLE', when: 'the boot environment stays' },
      stop: { to: 'EXIT', when: 'the map says Stop' },
      poweroff: { to: 'POWEROFF', when: 'the map says Shutdown' },
      ...RESTART,
    },
  },
  KEXEC: {
    does: 'has the loaded kernel run',
    exits: {
      'not possible': { to: 'REBOOT', when: 'the machine still runs this one' },
      kept: { to: 'EXIT', when: 'power is not to be touched, or the agent has a context' },
    },
  },
  REBOOT: {
    does: 'sets the boot device to network, marks the machine not runnable, reboots it',
    exits: {
      gone: { to: 'ENDED', when: 'the command was taken' },
      kept: { to: 'EXIT', when: 'power is not to be touched, or the agent has a context' },
    },
  },
  POWEROFF: {
    does: 'the same, and powers it off',
    exits: {
      gone: { to: 'ENDED', when: 'the command was taken' },
      kept: { to: 'EXIT', when: 'power is not to be touched, or the agent has a context' },
    },
  },
  EXIT: {
    does: 'leaves the chroot, or ends',
    exits: {
      'left the chroot': { to: 'WAIT_FOR_RUNNABLE', when: 'the agent was in a chroot' },
      end: { to: 'ENDED', when: 'it was not; the last error is its result' },
    },
  },
} as const satisfies Record<string, { does: string; exits: Record<string, Exit> }>;

/** Exits for failures, in all states but EXIT. */
export const TROUBLE = {
  retry: { to: 'INIT', when: 'something failed; after 5 s, after 30 s in INIT' },
  'gives up': { to: 'EXIT', when: 'something failed, with `exitOnFailure`; or the machine is gone' },
  cancelled: {
    to: 'EXIT',
    when: 'the agent is told to end; a script that runs is ended, and its job incomplete',
  },
} as const satisfies Record<string, Exit>;

/** A state in which the agent works. */
export type State = keyof typeof STATES;

/** An exit of a state. */
export type ExitOf<S extends State> = keyof (typeof STATES)[S]['exits'];

export type Trouble = keyof typeof TROUBLE;

/** The next state for an exit. Throws when the state does not have the exit. */
export function next(state: State, exit: string): State | 'ENDED' {
  const exits: Readonly<Record<string, Exit>> = { ...TROUBLE, ...STATES[state].exits };
  const to = Object.hasOwn(exits, exit) ? exits[exit]?.to : undefined;
  if (to === 'ENDED') return to;
  if (to !== undefined && Object.hasOwn(STATES, to)) return to as State;
  throw new Error(`${state} has no exit called ${exit}`);
}

/** The table as Markdown. */
export function stateTable(): string {
  const rows = Object.entries(STATES).map(([state, { does, exits }]) => row(state, does, exits));
  return [
    '| state | does | goes to |',
    '| --- | --- | --- |',
    ...rows,
    row('any but EXIT', '', TROUBLE),
  ].join('\n');
}

function row(state: string, does: string, exits: Readonly<Record<string, Exit>>): string {
  const goes = Object.values(exits).map(({ to, when }) => `${to}: ${when}`);
  return `| ${state} | ${does} | ${goes.join('; ')} |`;
}
