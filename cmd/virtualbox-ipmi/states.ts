/** The power state of a VM. */
export type Power = 'on' | 'paused' | 'stuck' | 'off' | 'saved' | 'changing';

/** Power states by VirtualBox's short names of states. */
const POWER: Readonly<Record<string, Power>> = {
  running: 'on',
  livesnapshotting: 'on',
  onlinesnapshotting: 'on',
  deletingsnapshotlive: 'on',
  teleporting: 'on',
  paused: 'paused',
  deletingsnapshotlivepaused: 'paused',
  teleportingpausedvm: 'paused',
  gurumeditation: 'stuck',
  poweroff: 'off',
  aborted: 'off',
  teleported: 'off',
  saved: 'saved',
  'aborted-saved': 'saved',
};

/** `changing`: a transition between states (starting, saving, ...). */
export function powerOf(state: string): Power {
  return POWER[state] ?? 'changing';
}
