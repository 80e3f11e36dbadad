import { type Event, selectorPart } from '../../lib/models/index.ts';
import { FailureWatch } from './failure-watch.ts';

/** The types of objects whose failures are told as an action of their own. */
const FAILING = ['jobs', 'plugins'] as const;
/** The events by which an endpoint tells that an object has changed. */
const CHANGES = ['update', 'save'] as const;
/** What is listened to besides, so that secret params are known: see SecureParams. */
const UPKEEP = ['params.*.*', 'contents.*.*', 'plugin_providers.*.*'];

/** An event that was asked for. */
export interface Selected {
  event: Event;
  /** By this event a job or plugin failed. */
  failed: boolean;
}

/** Which events are shown: those of `slack/events`, with the action `failed`, which endpoints do not have. */
export class Selection {
  readonly #selectors: readonly Selector[];
  readonly #failures: FailureWatch;

  /** `failures` is what was learnt under an earlier selection. */
  constructor(selectors: readonly string[], failures = new FailureWatch()) {
    this.#selectors = selectors.map(parse);
    this.#failures = failures;
  }

  get failures(): FailureWatch {
    return this.#failures;
  }

  /** The event as it is to be shown, or undefined. To be called with each event, in order. */
  select(event: Event): Selected | undefined {
    const failed = this.#failures.fails(event);
    if (failed && this.#matches({ ...event, Action: 'failed' })) return { event, failed };
    // An endpoint that has this action as well: the failure is known from the change before.
    if (event.Action === 'failed' && !failed && isFailing(event.Type)) return undefined;
    return this.#matches(event) ? { event, failed } : undefined;
  }

  #matches(event: Pick<Event, 'Type' | 'Action' | 'Key'>): boolean {
    return this.#selectors.some(
      ({ type, action, key }) => type(event.Type) && action(event.Action) && key(event.Key),
    );
  }
}

/** What has to be listened to at the endpoint for `selectors` to work. */
export function endpointSelectors(selectors: readonly string[]): string[] {
  const needed = new Set([...selectors, ...UPKEEP]);
  for (const selector of selectors) {
    const { type, action, keyText, actionText } = parse(selector);
    if (actionText === '*' || !action('failed')) continue;
    for (const failing of FAILING) {
      if (!type(failing)) continue;
      // One selector for each action: older endpoints know no lists.
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

/** `TYPE.ACTION.KEY`, as endpoints read it. */
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
