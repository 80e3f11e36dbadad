import type { Event } from '../../lib/models/index.ts';

/** Limit for remembered failures. */
const REMEMBERED = 1000;

/** Detects the event by which a job or plugin fails. Later updates of the same failure do not count. */
export class FailureWatch {
  /** How each failed object failed, the most recent last. */
  readonly #failed = new Map<string, string>();

  /** Whether a job or plugin fails with this event. Must be called with all events in order. */
  fails(event: Event): boolean {
    const { Type, Action, Key, Object: object, Original: original } = event;
    if (Type !== 'jobs' && Type !== 'plugins') return false;
    if (Action === 'delete') this.#failed.delete(`${Type}/${Key}`);
    if (Action !== 'update' && Action !== 'save' && Action !== 'failed') return false;
    const id = `${Type}/${Key}`;
    const failure = Action === 'failed' ? failureOf(Type, object) || 'failed' : failureOf(Type, object);
    const before = this.#failed.get(id) ?? failureOf(Type, original);
    this.#failed.delete(id);
    if (failure === '') return false;
    this.#failed.set(id, failure);
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > REMEMBERED && oldest !== undefined) this.#failed.delete(oldest);
    return failure !== before;
  }
}

/** A text that identifies the failure; empty when the object has not failed. */
function failureOf(type: 'jobs' | 'plugins', object: unknown): string {
  if (typeof object !== 'object' || object === null) return '';
  const { State, PluginErrors } = object as { State?: unknown; PluginErrors?: unknown };
  if (type === 'jobs') return State === 'failed' ? State : '';
  return Array.isArray(PluginErrors) && PluginErrors.length > 0 ? JSON.stringify(PluginErrors) : '';
}
