import { type Event, selectorPart, timestamp } from '../../models/index.ts';

export type EventListener = (event: Event) => void;
/** Sends an event to those streams of one principal that have a matching selector. Returns whether there was one. */
export type EventTeller = (principal: string, event: Event) => boolean;

/** Delivers events to all listeners in order. */
export class Events {
  readonly #listeners = new Set<EventListener>();
  readonly #tellers = new Set<EventTeller>();

  /** Adds a listener. Returns a function that removes it. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Adds a teller. Returns a function that removes it. */
  addTeller(teller: EventTeller): () => void {
    this.#tellers.add(teller);
    return () => {
      this.#tellers.delete(teller);
    };
  }

  /** Sends an event to one principal only. Returns whether it has a stream with a matching selector. */
  tell(principal: string, event: Event): boolean {
    return [...this.#tellers].some((teller) => teller(principal, event));
  }

  publish(event: Partial<Event> & Pick<Event, 'Type' | 'Action' | 'Key'>): void {
    const whole: Event = {
      Time: timestamp(),
      Principal: '',
      Object: null,
      Original: null,
      ...event,
    };
    for (const listener of this.#listeners) listener(whole);
  }
}

/**
 * Whether `selector` (`TYPE.ACTION.KEY`) matches an event. The last part may contain dots, and a part may be a value
 * with an unescaped comma.
 */
export function matches(selector: string, event: Pick<Event, 'Type' | 'Action' | 'Key'>): boolean {
  const parts = selectorParts(selector);
  if (parts === undefined) return false;
  return [event.Type, event.Action, event.Key].every((value, at) => partMatches(parts[at] ?? '', value));
}

/** The three parts of a selector; undefined when it has fewer. */
export function selectorParts(selector: string): string[] | undefined {
  const [type, action, ...key] = selector.split('.');
  if (type === undefined || action === undefined || key.length === 0) return undefined;
  return [type, action, key.join('.')];
}

function partMatches(part: string, value: string): boolean {
  return part === value || selectorPart(part)(value);
}
