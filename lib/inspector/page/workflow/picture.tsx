import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Job, Machine } from '../objects.ts';
import { type EntryState, inWords, type Stage, stagesOf } from './stages.ts';

const CARD = 208;
const GAP = 28;
const HEAD = 32;
const ROW = 22;
const FOOT = 8;
const LONGEST = 23;

interface Card {
  stage: Stage;
  x: number;
  y: number;
  height: number;
}

/** A picture of a machine's workflow: stages, tasks, and progress. */
export function WorkflowPicture({ machine, job }: { machine: Machine; job: Job | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    setWidth(current.clientWidth);
    return () => observer.disconnect();
  }, []);
  const stages = stagesOf(machine, job);
  const columns = Math.max(1, Math.floor((width + GAP) / (CARD + GAP)));
  const cards = placed(stages, columns);
  const right = Math.max(CARD, ...cards.map(({ x }) => x + CARD));
  const bottom = Math.max(0, ...cards.map(({ y, height }) => y + height));
  return (
    <div ref={box} class="workflow">
      {width > 0 && (
        <svg
          role="img"
          aria-label={`Workflow ${machine.Workflow || 'without a name'}: ${inWords(stages)}`}
          width={right + 2}
          height={bottom + 2}
          viewBox={`-1 -1 ${right + 2} ${bottom + 2}`}
        >
          {cards.map((card, at) => {
            const next = cards[at + 1];
            return next === undefined ? null : <Arrow key={card.x + card.y * 10_000} from={card} to={next} />;
          })}
          {cards.map((card) => (
            <StageCard key={`${card.x} ${card.y}`} card={card} />
          ))}
        </svg>
      )}
    </div>
  );
}

/** Arranges the stages in rows from left to right. */
function placed(stages: readonly Stage[], columns: number): Card[] {
  const cards: Card[] = [];
  let y = 0;
  for (let from = 0; from < stages.length; from += columns) {
    const row = stages.slice(from, from + columns).map((stage, column) => ({
      stage,
      x: column * (CARD + GAP),
      y,
      height: HEAD + stage.entries.length * ROW + (stage.entries.length > 0 ? FOOT : 0),
    }));
    cards.push(...row);
    y += Math.max(...row.map(({ height }) => height)) + GAP;
  }
  return cards;
}

function StageCard({ card: { stage, x, y, height } }: { card: Card }) {
  const { name, state, entries } = stage;
  return (
    <g class={`stage stage-${state}`} transform={`translate(${x} ${y})`}>
      <rect class="card" width={CARD} height={height} rx={7} />
      <Sign state={state} x={18} y={HEAD / 2} />
      <text class="stage-name" x={34} y={HEAD / 2 + 5}>
        {short(name || 'before the first stage')}
      </text>
      {entries.map((entry, at) => {
        const middle = HEAD + at * ROW + ROW / 2 - 2;
        return (
          // A task may occur twice, so the index is the key.
          <g key={at} class={`entry entry-${entry.state}`}>
            {entry.state === 'current' || entry.state === 'failed' ? (
              <rect
                class="mark-row"
                x={6}
                y={middle - ROW / 2 + 1}
                width={CARD - 12}
                height={ROW - 2}
                rx={4}
              />
            ) : null}
            <Sign state={entry.state} x={18} y={middle} />
            <text x={34} y={middle + 4}>
              {short(entry.kind === 'task' ? entry.name : `${entry.kind}: ${entry.name}`)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** An icon for a state: a tick, a cross, a point in a ring, or a ring. */
function Sign({ state, x, y }: { state: EntryState; x: number; y: number }) {
  return (
    <g class={`sign sign-${state}`} transform={`translate(${x} ${y})`}>
      {state === 'done' && <path d="M-4 0l3 3l5 -6" />}
      {state === 'failed' && <path d="M-4 -4l8 8M4 -4l-8 8" />}
      {(state === 'waiting' || state === 'current') && <circle r={4.5} />}
      {state === 'current' && <circle class="point" r={2} />}
    </g>
  );
}

function Arrow({ from, to }: { from: Card; to: Card }) {
  const middle = HEAD / 2;
  const [startX, startY] = [from.x + CARD, from.y + middle];
  if (from.y === to.y) return <path class="arrow" d={`M${startX} ${startY}H${to.x - 3}m-5 -4l5 4l-5 4`} />;
  // To the next row: down beside the card and back to the left above the next one.
  const turn = to.y - GAP / 2;
  const targetX = to.x + CARD / 2;
  const begin = `M${from.x + CARD / 2} ${from.y + from.height}`;
  return <path class="arrow" d={`${begin}V${turn}H${targetX}V${to.y - 3}m-4 -5l4 5l4 -5`} />;
}

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
