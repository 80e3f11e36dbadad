import { signal } from '@preact/signals';
import type { LogLine } from '../../models/index.ts';
import { LOG_LEVELS } from '../../models/plugin.ts';
import { ask } from './endpoint.ts';
import { listen, type SeenEvent } from './feed.ts';
import { Ring } from './ring.ts';

export type { LogLine };
export { LOG_LEVELS };

export interface SeenLine {
  id: number;
  line: LogLine;
}

const MOST_LINES = 10_000;
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Interval in ms. Lines about events cause no events, so the log must be polled. */
const EVERY_MS = 2_000;

export const lines = new Ring<SeenLine>(MOST_LINES, MOST_CHARACTERS, ({ line }) => line.Message.length + 200);
export const linesVersion = signal(0);
export const linesProblem = signal('');

/** The lines in the ring, to avoid duplicates. */
let known = new Set<string>();
let nextId = 1;

/** Polls the log until the returned function is called. */
export function followLog(): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const poll = async () => {
    try {
      addLines(await ask<LogLine[]>(['logs'], { signal: ended.signal }));
      linesProblem.value = '';
    } catch (error) {
      if (!ended.signal.aborted) linesProblem.value = error instanceof Error ? error.message : String(error);
    }
    if (!ended.signal.aborted) timer = setTimeout(poll, EVERY_MS);
  };
  void poll();
  const unlisten = listen((events) => addLines(events.flatMap(lineOf)));
  return () => {
    ended.abort();
    clearTimeout(timer);
    unlisten();
  };
}

export function clearLines(): void {
  lines.clear();
  linesVersion.value += 1;
}

function addLines(list: readonly LogLine[]): void {
  const added = list.filter((line) => {
    const mark = `${line.Time} ${line.Service} ${line.Seq} ${line.Message}`;
    if (known.has(mark)) return false;
    known.add(mark);
    return true;
  });
  if (added.length === 0) return;
  lines.add(added.map((line) => ({ id: nextId++, line })));
  if (known.size > 3 * MOST_LINES) known = new Set([...known].slice(-MOST_LINES));
  linesVersion.value += 1;
}

function lineOf({ type, text }: SeenEvent): LogLine[] {
  if (type !== 'log') return [];
  const { Object: line } = JSON.parse(text) as { Object?: LogLine };
  return typeof line?.Message === 'string' ? [line] : [];
}
