import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props<T> {
  label: string;
  items: readonly T[];
  selected: number | undefined;
  onSelect: (item: T) => void;
  row: (item: T) => ComponentChildren;
}

const ROW = 26;
/** Extra rows above and below the visible ones. */
const SPARE = 6;

/**
 * A list with only the visible rows in the document. It stays scrolled to its end while it is there. Items are selected
 * by mouse, arrow keys, Home, End, Page Up and Page Down.
 */
export function Windowed<T extends { id: number }>({ label, items, selected, onSelect, row }: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [view, setView] = useState({ top: 0, height: 400 });

  // Whenever there are others.
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return;
    if (atEnd.current) current.scrollTop = current.scrollHeight;
    measure();
  }, [items]);

  const measure = () => {
    const { current } = box;
    if (current === null) return;
    const { scrollTop, clientHeight, scrollHeight } = current;
    atEnd.current = scrollTop + clientHeight >= scrollHeight - ROW;
    if (scrollTop !== view.top || clientHeight !== view.height)
      setView({ top: scrollTop, height: clientHeight });
  };

  const at = items.findIndex(({ id }) => id === selected);
  const page = Math.max(1, Math.floor(view.height / ROW) - 1);
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? items.length - 1 : at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: items.length - 1,
  };
  const key = (event: KeyboardEvent) => {
    const wanted = moves[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const to = Math.min(items.length - 1, Math.max(0, wanted));
    const item = items[to];
    const { current } = box;
    if (item === undefined || current === null) return;
    if (to * ROW < current.scrollTop) current.scrollTop = to * ROW;
    else if ((to + 1) * ROW > current.scrollTop + current.clientHeight)
      current.scrollTop = (to + 1) * ROW - current.clientHeight;
    onSelect(item);
  };

  const first = Math.max(0, Math.floor(view.top / ROW) - SPARE);
  const last = Math.min(items.length, Math.ceil((view.top + view.height) / ROW) + SPARE);
  const isShown = at >= first && at < last;
  return (
    <div
      ref={box}
      class="windowed"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={isShown ? `row-${selected}` : undefined}
      onScroll={measure}
      onKeyDown={key}
    >
      <div role="presentation" class="windowed-all" style={{ height: `${items.length * ROW}px` }}>
        {items.slice(first, last).map((item, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the list has the focus and the keys
          <div
            key={item.id}
            id={`row-${item.id}`}
            role="option"
            class="windowed-row"
            aria-selected={item.id === selected}
            aria-setsize={items.length}
            aria-posinset={first + index + 1}
            style={{ top: `${(first + index) * ROW}px` }}
            onClick={() => onSelect(item)}
          >
            {row(item)}
          </div>
        ))}
      </div>
    </div>
  );
}
