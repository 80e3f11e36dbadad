import type { RawModel } from '../objects.ts';

/** The errors that make an object unavailable; for a job, its state. */
export function ObjectState({ object }: { object: RawModel }) {
  const { State, Available, Validated, Runnable } = object;
  if (typeof State === 'string' && State !== '') {
    const kind = { failed: 'bad', finished: 'good', running: 'wait' }[State] ?? 'off';
    return <span class={`state state-${kind}`}>{State}</span>;
  }
  if (Validated === false) return <span class="state state-bad">not valid</span>;
  if (Available === false) return <span class="state state-wait">not available</span>;
  if (Runnable === false) return <span class="state state-wait">not runnable</span>;
  return <span class="state state-good">available</span>;
}
