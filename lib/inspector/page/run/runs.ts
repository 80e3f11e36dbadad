import { signal } from '@preact/signals';
import { askText, EndpointError } from '../endpoint.ts';
import { actionPath, type Call } from './call.ts';

/** An action run in this session. */
export interface Run {
  id: number;
  call: Call;
  /** Display name of the object. */
  on: string;
  at: string;
  state: 'running' | 'done' | 'failed';
  /** Duration in ms. */
  took?: number;
  /** The raw answer. */
  answer?: string;
  error?: EndpointError;
  cancel: () => void;
}

const MOST_RUNS = 200;

/** Newest first. Kept only in memory. */
export const runs = signal<readonly Run[]>([]);
/** Id of the selected run. */
export const shownRun = signal<number | undefined>(undefined);

let nextId = 1;

/** Runs an action. `secrets` are its secret params. The result is in `runs`. */
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
