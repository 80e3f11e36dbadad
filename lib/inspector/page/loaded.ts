import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { EndpointError } from './endpoint.ts';
import { listen, OWN_TYPE, type SeenEvent } from './feed.ts';

export interface Loaded<T> {
  /** The last loaded value, kept while it is loaded again. */
  value: T | undefined;
  /** The error of the last attempt. */
  error: EndpointError | undefined;
  reload: () => void;
}

export interface LoadOptions {
  /** Whether an event means that the value has changed. */
  changes?: (event: SeenEvent) => boolean;
  /** Interval of reloads in ms. */
  every?: number;
}

/** Pause after an event, since others often follow. */
const SETTLE_MS = 150;

/**
 * The result of `load` for a `key`. Reloaded when events say so, with one request at a time. Without `load` nothing is
 * loaded.
 */
export function useLoaded<T>(
  key: string,
  load: ((signal: AbortSignal) => Promise<T>) | undefined,
  { changes, every }: LoadOptions = {},
): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: EndpointError }>({ key });
  const current = useRef({ load, changes });
  current.current = { load, changes };
  const again = useRef<() => void>(() => {});
  const isThere = load !== undefined;

  // Another key means another value.
  useEffect(() => {
    if (!isThere) return undefined;
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLoading = false;
    let isStale = false;
    const run = async () => {
      clearTimeout(timer);
      if (isLoading) {
        isStale = true;
        return;
      }
      isLoading = true;
      isStale = false;
      try {
        const value = await current.current.load?.(ended.signal);
        if (!ended.signal.aborted) setState({ key, value });
      } catch (error) {
        const failure = EndpointError.from(error);
        if (!ended.signal.aborted)
          setState((before) => ({ ...(before.key === key ? before : { key }), error: failure }));
      }
      isLoading = false;
      if (ended.signal.aborted) return;
      if (isStale) timer = setTimeout(run, SETTLE_MS);
      else if (every !== undefined) timer = setTimeout(run, every);
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(run, SETTLE_MS);
    };
    again.current = run;
    void run();
    const unlisten = listen((events) => {
      const test = current.current.changes;
      if (events.some((event) => event.type === OWN_TYPE || test?.(event))) soon();
    });
    return () => {
      ended.abort();
      clearTimeout(timer);
      unlisten();
    };
  }, [key, every, isThere]);

  const reload = useCallback(() => again.current(), []);
  const isCurrent = state.key === key;
  return { value: isCurrent ? state.value : undefined, error: isCurrent ? state.error : undefined, reload };
}
