import { matcher } from '../../lib/api/index.ts';
import { type Event, isObject, type RawModel } from '../../lib/models/index.ts';
import type { Callback } from './entry.ts';
import { Transitions } from './transitions.ts';

/** Entries with these names are triggered by what their name says, without selectors. */
const TASK_COMPLETE = 'taskcomplete';
const JOB_FAIL = 'jobfail';

/** The selectors to register at the endpoint for these entries. */
export function endpointSelectors(callbacks: ReadonlyMap<string, Callback>): string[] {
  const selectors = new Set([...callbacks.values()].flatMap(({ events }) => events));
  if (callbacks.has(TASK_COMPLETE)) selectors.add('machines.update.*');
  if (callbacks.has(JOB_FAIL)) for (const change of ['update', 'save']) selectors.add(`jobs.${change}.*`);
  return [...selectors];
}

/** A callback triggered by an event. */
export interface Firing {
  callback: string;
  /** `machine`: the body is the machine of the event. `event`: the body is the event. */
  about: 'machine' | 'event';
  /** The queue: callbacks about one object are sent one at a time. */
  queue: string;
}

/** Decides which entries an event triggers. */
export class Selection {
  readonly #complete = new Transitions();
  readonly #failed = new Transitions();
  #own: readonly { name: string; selects: readonly ReturnType<typeof matcher>[] }[] = [];
  #names: ReadonlySet<string> = new Set();

  /** Sets the entries. Knowledge from earlier events is kept. */
  use(callbacks: ReadonlyMap<string, Callback>): void {
    this.#names = new Set(callbacks.keys());
    this.#own = [...callbacks.values()]
      .filter(({ events }) => events.length > 0)
      .map(({ name, events }) => ({ name, selects: events.map(matcher) }));
  }

  /** Must be called with all events in order. */
  firings(event: Event): Firing[] {
    const { Type, Action, Key } = event;
    const object = isObject(event.Object) ? event.Object : {};
    const original = isObject(event.Original) ? event.Original : undefined;
    const firings: Firing[] = this.#own
      .filter(({ selects }) => selects.some((select) => select(event)))
      .map(({ name }) => ({ callback: name, about: 'event', queue: `${Type}/${Key}` }));
    if (Type === 'machines' && Action === 'update' && this.#completes(Key, object, original)) {
      firings.push({ callback: TASK_COMPLETE, about: 'machine', queue: `machines/${Key}` });
    }
    const isChange = Action === 'update' || Action === 'save';
    if (Type === 'jobs' && isChange && this.#fails(Key, object, original)) {
      firings.push({ callback: JOB_FAIL, about: 'machine', queue: `machines/${String(object.Machine)}` });
    }
    if (Action === 'delete') {
      this.#complete.forget(Key);
      this.#failed.forget(Key);
    }
    return firings;
  }

  #completes(key: string, machine: RawModel, original: RawModel | undefined): boolean {
    if (!this.#names.has(TASK_COMPLETE)) return false;
    // Further updates of a completed machine do not count. The event's Original is the best source for the earlier
    // state.
    const before = original === undefined ? undefined : isComplete(original);
    return this.#complete.becomesTrue(key, isComplete(machine), before);
  }

  #fails(key: string, job: RawModel, original: RawModel | undefined): boolean {
    if (!this.#names.has(JOB_FAIL)) return false;
    const before = original === undefined ? undefined : original.State === 'failed';
    // A change causes the events update and save. The second one has the same earlier state.
    const known = this.#failed.last(key) === true ? true : before;
    return this.#failed.becomesTrue(key, job.State === 'failed', known);
  }
}

/** Whether a machine has completed all of its tasks. */
function isComplete({ Tasks, CurrentTask }: RawModel): boolean {
  return Array.isArray(Tasks) && Tasks.length > 0 && CurrentTask === Tasks.length;
}
