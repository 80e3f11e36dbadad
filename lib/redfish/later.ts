import { isResource } from '../https/index.ts';
import type { Incoming } from './connection.ts';
import { type Message, messagesIn } from './messages.ts';

/**
 * Whether a request that was answered with "later" was carried out. `not done`: every request may be repeated.
 * `unknown`: it may have been done, so only requests that may run twice are repeated.
 */
type Outcome = 'not done' | 'unknown';

/** The effect of sending a request twice. */
export type Effect =
  /** None: GET, and login. */
  | 'read'
  /** The same as once: settings, boot options, ejecting. */
  | 'repeatable'
  /** It would happen twice, as with power commands. */
  | 'once';

/** One kind of answer that means "not yet" rather than "no". */
interface Row {
  status?: readonly number[];
  /** Matches the last part of a MessageId, without registry and version. */
  message?: RegExp;
  /** Matches the text or the resolution of a message. */
  words?: RegExp;
  outcome: Outcome;
  /** Maximum number of repetitions, for answers that can also mean "no"; undefined: until the time limit. */
  tries?: number;
  source: string;
}

/**
 * Answers that mean "later". The first matching row counts. A row with a message needs a status of 400 or more, or an
 * answer with an error and no resource. Retry-After alone makes an answer of 400 or more a "later".
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

/** A successful answer to a GET without a resource. */
const NOTHING: Row = {
  outcome: 'unknown',
  tries: 5,
  source: 'a system without a body after a change of its power (device-management-toolkit/console 1051)',
};
const RETRY_AFTER: Row = { outcome: 'not done', source: 'RFC 9110, 10.2.3; DSP0266, Response headers' };

/** Why an answer means "later", and the pause that the BMC asks for (ms; undefined when it does not). */
export interface Later {
  row: Row;
  afterMs: number | undefined;
}

/** Whether a repetition of the request is allowed and may succeed soon; undefined when not. */
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
  // A locked account also says "try again later", but must not be tried again.
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

/** The pause in Retry-After in ms, which has seconds or a date (DSP0266, Response headers: Retry-After). */
export function retryAfterMs({ headers }: Pick<Incoming, 'headers'>): number | undefined {
  const told = headers['retry-after'];
  if (told === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(told) ? Number(told) * 1000 : Date.parse(told) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
