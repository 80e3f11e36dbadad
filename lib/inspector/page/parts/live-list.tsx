import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { Filtered, type Ring } from '../ring.ts';
import { Windowed } from './windowed.tsx';

interface Props<T extends { id: number }> {
  /** Name of the items in the plural: `events`. */
  what: string;
  ring: Ring<T>;
  /** Changes when there are new items. */
  version: number;
  /** Identifies `test`: when it changes, all items are tested again. */
  filter: string;
  test: (item: T) => boolean;
  row: (item: T) => ComponentChildren;
  detail: (item: T) => ComponentChildren;
  /** Filter controls, before the buttons. */
  children?: ComponentChildren;
  onClear: () => void;
}

/** A live list of items with filter, pause, and details of the selected item. */
export function LiveList<T extends { id: number }>(props: Props<T>) {
  const { what, ring, filter, test, row, detail, children, onClear } = props;
  const [paused, setPaused] = useState(false);
  const [selected, setSelected] = useState<number>();
  // `filter` identifies `test`, so that is not a dependency.
  const filtered = useMemo(() => new Filtered(ring, test), [ring, filter]);
  const now = filtered.items();
  const held = useRef(now);
  const heldFilter = useRef(filtered);
  // A pause freezes the list; another filter starts with the current items.
  if (!paused || heldFilter.current !== filtered) held.current = now;
  heldFilter.current = filtered;
  const items = held.current;
  const [last] = items.slice(-1);
  const waiting = paused ? now.filter(({ id }) => id > (last?.id ?? 0)).length : 0;
  const chosen = items.find(({ id }) => id === selected);
  return (
    <>
      <div class="bar">
        {children}
        <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          {paused ? 'Go on' : 'Pause'}
        </button>
        <button
          type="button"
          onClick={() => {
            onClear();
            setPaused(false);
            setSelected(undefined);
          }}
        >
          Clear
        </button>
        <span class="soft count">
          {items.length.toLocaleString('en')} {items.length === 1 ? what.slice(0, -1) : what}
          {paused && waiting > 0 && `, ${waiting.toLocaleString('en')} more since`}
        </span>
      </div>
      {items.length === 0 ? (
        <p class="empty panel">No {what} yet that pass.</p>
      ) : (
        <Windowed
          label={what}
          items={items}
          selected={selected}
          onSelect={({ id }) => setSelected(id)}
          row={row}
        />
      )}
      {chosen && (
        <section class="detail" aria-label="The one that is selected">
          {detail(chosen)}
        </section>
      )}
    </>
  );
}
