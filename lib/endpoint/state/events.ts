import { type Event, selectorPart, timestamp } from '../../models/index.ts';

export type EventListener = (event: Event) => void;
/** Sends an event to the streams of one principal that ask for such events; whether there was one. */
export type EventTeller = (principal: string, event: Event) => boolean;

/** What happened, told to everybody who listens, in the order in which it happened. */
export class Events {
  readonly #listeners = new Set<EventListener>();
  readonly #tellers = new Set<EventTeller>();

  /** Returns what ends the subscription. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Returns what ends it. */
  addTeller(teller: EventTeller): () => void {
    this.#tellers.add(teller);
    return () => {
      this.#tellers.delete(teller);
    };
  }

  /** Tells one principal alone, and returns whether it has a stream that asks for such events. */
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
 * Whether an event is one that `selector` (`TYPE.ACTION.KEY`) asks for. The last part may hold dots, and a part may be
 * the value itself, with a comma that is not escaped.
 */
export function matches(selector: string, event: Pick<Event, 'Type' | 'Action' | 'Key'>): boolean {
  const parts = selectorParts(selector);
  if (parts === undefined) return false;
  return [event.Type, event.Action, event.Key].every((value, at) => partMatches(parts[at] ?? '', value));
}

/** The three parts of a selector, or undefined when it has fewer. */
export function selectorParts(selector: string): string[] | undefined {
  const [type, action, ...key] = selector.split('.');
  if (type === undefined || action === undefined || key.length === 0) return undefined;
  return [type, action, key.join('.')];
}

function partMatches(part: string, value: string): boolean {
  return part === value || selectorPart(part)(value);
}
