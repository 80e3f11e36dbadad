import { type Event, selectorPart } from '../../lib/models/index.ts';
import { FailureWatch } from './failure-watch.ts';

/** Types of objects whose failures are reported as the action `failed`. */
const FAILING = ['jobs', 'plugins'] as const;
/** Actions of events about changed objects. */
const CHANGES = ['update', 'save'] as const;
/** Selectors needed to keep the secret params up to date: see SecureParams. */
const UPKEEP = ['params.*.*', 'contents.*.*', 'plugin_providers.*.*'];

/** An event that was asked for. */
export interface Selected {
  event: Event;
  /** A job or plugin fails with this event. */
  failed: boolean;
}

/** Selects the events to post: those of `slack/events`, including the action `failed`, which endpoints do not have. */
export class Selection {
  readonly #selectors: readonly Selector[];
  readonly #failures: FailureWatch;

  /** `failures` continues that of an earlier selection. */
  constructor(selectors: readonly string[], failures = new FailureWatch()) {
    this.#selectors = selectors.map(parse);
    this.#failures = failures;
  }

  get failures(): FailureWatch {
    return this.#failures;
  }

  /** The event to post, or undefined. Must be called with all events in order. */
  select(event: Event): Selected | undefined {
    const failed = this.#failures.fails(event);
    if (failed && this.#matches({ ...event, Action: 'failed' })) return { event, failed };
    // For endpoints that do have this action: the failure was reported by the change before.
    if (event.Action === 'failed' && !failed && isFailing(event.Type)) return undefined;
    return this.#matches(event) ? { event, failed } : undefined;
  }

  #matches(event: Pick<Event, 'Type' | 'Action' | 'Key'>): boolean {
    return this.#selectors.some(
      ({ type, action, key }) => type(event.Type) && action(event.Action) && key(event.Key),
    );
  }
}

/** The selectors to register at the endpoint for `selectors`. */
export function endpointSelectors(selectors: readonly string[]): string[] {
  const needed = new Set([...selectors, ...UPKEEP]);
  for (const selector of selectors) {
    const { type, action, keyText, actionText } = parse(selector);
    if (actionText === '*' || !action('failed')) continue;
    for (const failing of FAILING) {
      if (!type(failing)) continue;
      // One selector per action, since older endpoints do not support lists.
      for (const change of CHANGES) needed.add(`${failing}.${change}.${keyText}`);
    }
  }
  return [...needed];
}

function isFailing(type: string): boolean {
  return (FAILING as readonly string[]).includes(type);
}

interface Selector {
  type: (value: string) => boolean;
  action: (value: string) => boolean;
  key: (value: string) => boolean;
  actionText: string;
  keyText: string;
}

/** Parses `TYPE.ACTION.KEY` as endpoints do. */
function parse(selector: string): Selector {
  const [typeText = '', actionText = '', ...rest] = selector.split('.');
  const keyText = rest.join('.');
  return {
    type: selectorPart(typeText),
    action: selectorPart(actionText),
    key: selectorPart(keyText),
    actionText,
    keyText,
  };
}
