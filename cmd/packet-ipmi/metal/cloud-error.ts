import { ModelError } from '../../../lib/models/index.ts';
import { about } from '../failure.ts';

/** A failed request to the cloud. */
export class CloudError extends ModelError {
  /** HTTP status of the cloud's answer; undefined when there was none. */
  readonly status: number | undefined;
  /** A retry may succeed: too many requests, an error of the cloud, or no connection. */
  readonly transient: boolean;
  /** The request may have been carried out nevertheless: the connection broke, or the cloud had an internal error. */
  readonly uncertain: boolean;
  /** The pause in ms that the cloud asks for; 0 for none. */
  readonly pauseMs: number;

  constructor(
    code: number,
    message: string,
    { status, transient = false, uncertain = false, pauseMs = 0 }: Partial<CloudErrorState> = {},
  ) {
    super(code, message, about);
    this.status = status;
    this.pauseMs = pauseMs;
    this.transient = transient;
    this.uncertain = uncertain;
  }
}

export type CloudErrorState = Pick<CloudError, 'status' | 'transient' | 'uncertain' | 'pauseMs'>;

/**
 * The error for an answer with a status of 400 or more. `what` describes the request, `said` is the cloud's message.
 * Meanings of statuses: https://metal.equinix.com/developers/api/errors/; for 402, 403 and 429 RFC 9110 and 6585.
 */
export function refusal(what: string, status: number, said: string, pauseMs = 0): CloudError {
  const text = said === '' ? '' : `: ${said}`;
  const error = (advice: string, state: Partial<CloudErrorState> = {}) =>
    new CloudError(status, `${what}: ${advice}${text}`, { status, pauseMs: pauseMs || 0, ...state });
  if (status === 429) {
    return error('too many requests (429); try again later', { transient: true });
  }
  if (status >= 500) {
    return error(`the service at packet/api-url failed (${status}); try again later`, {
      transient: true,
      uncertain: true,
    });
  }
  return error(`${ADVICE[status] ?? 'refused'} (${status})`);
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'the key is not accepted; set packet/api-key of the plugin to a valid one',
  402: "payment is required; see to the billing of the project's organization",
  403: 'the key has no right to this; set packet/api-key to one that may write to the project',
  404: 'not found; check packet/uuid, packet/project-id and packet/api-url',
  422: 'refused as it stands; check packet/plan, packet/facility and the state of the device',
};

/** Whether the error is an answer of the cloud with one of these statuses. */
export function isStatus(error: unknown, ...statuses: readonly number[]): error is CloudError {
  return error instanceof CloudError && error.status !== undefined && statuses.includes(error.status);
}
