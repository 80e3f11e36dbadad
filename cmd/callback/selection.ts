import { matcher } from '../../lib/api/index.ts';
import { type Event, isObject, type RawModel } from '../../lib/models/index.ts';
import type { Callback } from './entry.ts';
import { Turns } from './turns.ts';

/** Entries of these names are called at what they say, without selectors of their own. */
const TASK_COMPLETE = 'taskcomplete';
const JOB_FAIL = 'jobfail';

/** What has to be listened to at the endpoint for these entries. */
export function endpointSelectors(callbacks: ReadonlyMap<string, Callback>): string[] {
  const selectors = new Set([...callbacks.values()].flatMap(({ events }) => events));
  if (callbacks.has(TASK_COMPLETE)) selectors.add('machines.update.*');
  if (callbacks.has(JOB_FAIL)) for (const change of ['update', 'save']) selectors.add(`jobs.${change}.*`);
  return [...selectors];
}

/** A callback that an event asks for. */
export interface Firing {
  callback: string;
  /** `machine`: what goes out is the machine that the event is about. `event`: the event itself. */
  about: 'machine' | 'event';
  /** What is done one after the other: what is about one object. */
  queue: string;
}

/** Which entries are called at which events. */
export class Selection {
  readonly #complete = new Turns();
  readonly #failed = new Turns();
  #own: readonly { name: string; selects: readonly ReturnType<typeof matcher>[] }[] = [];
  #names: ReadonlySet<string> = new Set();

  /** What is known of earlier events stays. */
  use(callbacks: ReadonlyMap<string, Callback>): void {
    this.#names = new Set(callbacks.keys());
    this.#own = [...callbacks.values()]
      .filter(({ events }) => events.length > 0)
      .map(({ name, events }) => ({ name, selects: events.map(matcher) }));
  }

  /** To be called with each event, in order. */
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
    // Other updates of a machine whose tasks are done are no news. What was before is known best from the event itself.
    const before = original === undefined ? undefined : isComplete(original);
    return this.#complete.turns(key, isComplete(machine), before);
  }

  #fails(key: string, job: RawModel, original: RawModel | undefined): boolean {
    if (!this.#names.has(JOB_FAIL)) return false;
    const before = original === undefined ? undefined : original.State === 'failed';
    // One change is told of as an update and as a save: the second has the same state before.
    const known = this.#failed.last(key) === true ? true : before;
    return this.#failed.turns(key, job.State === 'failed', known);
  }
}

/** Whether a machine has done all of its tasks. */
function isComplete({ Tasks, CurrentTask }: RawModel): boolean {
  return Array.isArray(Tasks) && Tasks.length > 0 && CurrentTask === Tasks.length;
}
