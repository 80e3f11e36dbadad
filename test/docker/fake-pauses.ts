import type { Pauses } from '../../lib/docker/index.ts';

/** Time that passes when it is waited for, and at once. `waited` has the pauses in seconds. */
export function fakePauses(onWait: (count: number) => unknown = () => {}): Pauses & { waited: number[] } {
  let time = 0;
  const waited: number[] = [];
  return {
    waited,
    now: () => time,
    async wait(ms, signal) {
      signal?.throwIfAborted();
      time += ms;
      waited.push(ms / 1000);
      await onWait(waited.length);
    },
  };
}
