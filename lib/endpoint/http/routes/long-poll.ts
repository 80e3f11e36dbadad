import type { Events } from '../../state/events.ts';
import type { Exchange } from '../exchange.ts';

const LONGEST_WAIT_MS = 10 * 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * If the request has `Prefer: wait=DURATION` (seconds or with a unit, at most ten minutes), waits until `isKnown` is
 * false. Returns whether that happened in time.
 */
export function changed(
  events: Events,
  { request, signal }: Exchange,
  isKnown: () => boolean,
): Promise<boolean> {
  const wait = waitMilliseconds(request.headers.prefer);
  if (wait === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (result: boolean) => {
      clearTimeout(timer);
      unsubscribe();
      signal.removeEventListener('abort', gone);
      resolve(result);
    };
    const gone = () => done(false);
    const timer = setTimeout(gone, wait);
    const unsubscribe = events.subscribe(() => {
      if (!isKnown()) done(true);
    });
    signal.addEventListener('abort', gone, { once: true });
  });
}

function waitMilliseconds(prefer: string | string[] | undefined): number {
  const [, number, unit = 's'] = /\bwait=([\d.]+)\s*([a-z]+)?/.exec(String(prefer ?? '')) ?? [];
  const milliseconds = Number(number) * (UNIT_MS[unit] ?? 1000);
  return Number.isFinite(milliseconds) ? Math.min(milliseconds, LONGEST_WAIT_MS) : 0;
}
