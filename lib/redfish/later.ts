import { isResource } from '../https/index.ts';
import type { Incoming } from './connection.ts';
import { type Message, messagesIn } from './messages.ts';

/**
 * What is known of a request that was answered with "later". `not done`: it may be sent again, whatever it is for.
 * `unknown`: it may have been done, so that only what does no harm twice is sent again.
 */
type Outcome = 'not done' | 'unknown';

/** What happens when a request is sent twice. */
export type Effect =
  /** Nothing: GET, and a login. */
  | 'read'
  /** The same as once: settings, boot options, ejecting. */
  | 'repeatable'
  /** It happens twice: power, and what must be seen to have failed before it is sent again. */
  | 'once';

/** One kind of answer that means "not yet" rather than "no". */
interface Row {
  status?: readonly number[];
  /** Fits the name of a message: the last part of its MessageId, whatever registry and version come before it. */
  message?: RegExp;
  /** Fits a message in the BMC's own words, with its resolution. */
  words?: RegExp;
  outcome: Outcome;
  /** How often it is sent again, where the same answer can also mean "no"; undefined: until the time is up. */
  tries?: number;
  source: string;
}

/**
 * Which answers mean "later". The first row that fits decides; a row with a message needs a status of 400 or more, or
 * an answer that is an error and no resource. Retry-After alone makes an answer with 400 or more one of these.
 */
export const LATER: readonly Row[] = [
  {
    message: /^(ServiceTemporarilyUnavailable|ServiceShuttingDown|ServiceInUnknownState|ResourceNotReady)$/i,
    outcome: 'not done',
    source:
      'DMTF DSP8011, Base registry; iDRAC 9 sends the first with SYS518 (ironcore-dev/metal-operator 170)',
  },
  {
    message: /^(SYS518|SWC0700)$/,
    outcome: 'not done',
    source:
      'Dell EEMI: data sources are unavailable (metal-operator 170); iDRAC is not ready, with status 400 (quadsproject/badfish 129)',
  },
  {
    message: /^(SYS446|RAC0508)$/,
    outcome: 'unknown',
    source:
      'Dell EEMI: internal error, to be tried after a few minutes (dell/iDRAC-Redfish-Scripting 60, microsoft/lisa 4070)',
    tries: 5,
  },
  {
    message: /^(UnableToModifyDuringSystemPOST|ResourceNotReadyRetry)$/i,
    outcome: 'not done',
    source:
      'HPE iLO registry (metal-operator 997; bb-Ricardo/check_redfish 170, which sends it with status 200)',
  },
  {
    message:
      /(NotReady|Busy|InTransition|TemporarilyUnavailable|UpdateInProgress|ResetInProgress|RetryLater|TryAgain)/i,
    outcome: 'not done',
    source: 'names in registries of Lenovo, Supermicro, AMI and OpenBMC that say no more than that',
  },
  {
    message: /^ResourceInUse$/,
    status: [409, 423, 503],
    outcome: 'not done',
    source: 'DSP8011: the resource is in use or in transition; a system while its power changes',
  },
  {
    words:
      /\bnot ready\b|temporarily (unavailable|busy)|retry (the (operation|request) )?(in|after) |try again (later|in|after)|(is|currently) (currently )?busy|still (starting|booting|initiali[sz]ing)/i,
    outcome: 'not done',
    source: 'words of BMCs with messages of their own or none (Supermicro and AMI MegaRAC; badfish 129)',
  },
  {
    status: [503],
    outcome: 'not done',
    source: 'RFC 9110, 15.6.4; DSP0266, Status codes; openbmc/openbmc 1924',
  },
  { status: [429], outcome: 'not done', source: 'RFC 6585, 4' },
  { status: [425], outcome: 'not done', source: 'RFC 8470, 5.2' },
  { status: [408], outcome: 'unknown', source: 'RFC 9110, 15.5.9' },
  {
    status: [502, 504],
    outcome: 'unknown',
    source: 'RFC 9110, 15.6.3 and 15.6.5: the web server of a BMC is up before what is behind it',
  },
  {
    status: [500],
    outcome: 'unknown',
    tries: 5,
    source:
      'DSP8011, InternalError: the request may be sent again; OpenBMC while it starts (openbmc/bmcweb 98)',
  },
];

/** An answer of success to a GET that holds no resource. */
const NOTHING: Row = {
  outcome: 'unknown',
  tries: 5,
  source: 'a system without a body after a change of its power (device-management-toolkit/console 1051)',
};
const RETRY_AFTER: Row = { outcome: 'not done', source: 'RFC 9110, 10.2.3; DSP0266, Response headers' };

/** Why an answer is one of those, and when the BMC wants to be asked again (ms; undefined: it does not say). */
export interface Later {
  row: Row;
  afterMs: number | undefined;
}

/** Whether an answer means that the same request may succeed soon, and may be sent again. */
export function laterOf(incoming: Incoming, effect: Effect): Later | undefined {
  const afterMs = retryAfterMs(incoming);
  const row =
    rowOf(incoming, effect) ?? (afterMs !== undefined && isRefusal(incoming) ? RETRY_AFTER : undefined);
  if (row === undefined || (row.outcome === 'unknown' && effect === 'once')) return undefined;
  return { row, afterMs };
}

function rowOf(incoming: Incoming, effect: Effect): Row | undefined {
  const { status, body } = incoming;
  if (!isRefusal(incoming)) {
    return effect === 'read' && status === 200 && !isResource(body) ? NOTHING : undefined;
  }
  const said = messagesIn(body);
  // Who has logged in wrongly too often is told to try again later, and is not to.
  if (status === 401 || status === 403) return undefined;
  return LATER.find((row) => fits(row, status, said));
}

/** An answer with an error and no resource is a failure, whatever its status. */
export function isRefusal({ status, body }: Incoming): boolean {
  if (status >= 400) return true;
  if (status !== 200 || !isResource(body) || !isResource(body.error)) return false;
  const isDone = messagesIn(body).some(({ fine }) => fine);
  return !isDone && !Object.hasOwn(body, '@odata.id') && !Object.hasOwn(body, '@odata.type');
}

function fits({ status, message, words }: Row, answered: number, said: readonly Message[]): boolean {
  if (status !== undefined && !status.includes(answered)) return false;
  if (message !== undefined) return said.some(({ name }) => message.test(name));
  return words === undefined || said.some(({ text }) => words.test(text));
}

/** What the service asks for, in ms: seconds or a date (DSP0266, Response headers: Retry-After). */
export function retryAfterMs({ headers }: Pick<Incoming, 'headers'>): number | undefined {
  const told = headers['retry-after'];
  if (told === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
