import { signal } from '@preact/signals';
import { askText, EndpointError } from '../endpoint.ts';
import { actionPath, type Call } from './call.ts';

/** An action that was run in this session, or is being run. */
export interface Run {
  id: number;
  call: Call;
  /** What the object is called. */
  on: string;
  at: string;
  state: 'running' | 'done' | 'failed';
  /** Milliseconds. */
  took?: number;
  /** The answer as it came. */
  answer?: string;
  error?: EndpointError;
  cancel: () => void;
}

const MOST_RUNS = 200;

/** The newest first. They are kept in memory only. */
export const runs = signal<readonly Run[]>([]);
/** The one that is looked at. */
export const shownRun = signal<number | undefined>(undefined);

let nextId = 1;

/** Runs an action, with what is secret besides what is in the call. How it went is in `runs`. */
export async function start(
  call: Call,
  secrets: Readonly<Record<string, unknown>>,
  on: string,
): Promise<void> {
  const abort = new AbortController();
  const id = nextId++;
  const began = performance.now();
  const run: Run = {
    id,
    call,
    on,
    at: new Date().toISOString(),
    state: 'running',
    cancel: () => abort.abort(),
  };
  runs.value = [run, ...runs.value].slice(0, MOST_RUNS);
  shownRun.value = id;
  const end = (outcome: Partial<Run>) => {
    const took = performance.now() - began;
    runs.value = runs.value.map((one) => (one.id === id ? { ...one, took, ...outcome } : one));
  };
  try {
    const answer = await askText(actionPath(call), {
      method: 'POST',
      query: { plugin: call.plugin },
      json: { ...call.params, ...secrets },
      signal: abort.signal,
      unlimited: true,
    });
    end({ state: 'done', answer });
  } catch (error) {
    end({ state: 'failed', error: EndpointError.from(error) });
  }
}
