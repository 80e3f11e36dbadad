import { ModelError } from '../../../lib/models/index.ts';
import { about } from '../failure.ts';

/** Why the cloud did not do what it was asked. */
export class CloudError extends ModelError {
  /** The status that the cloud answered with; undefined when it did not answer. */
  readonly status: number | undefined;
  /** It may well go better later: too many requests, a failure of the cloud's own, no connection. */
  readonly transient: boolean;
  /** The cloud may have done it all the same: the connection or the cloud failed over it. */
  readonly uncertain: boolean;
  /** Milliseconds that the cloud asked for before the next request; 0 when it did not. */
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
 * The error for an answer with a status of 400 and more. `what` is the request in words, `said` what the cloud said.
 * The statuses are those of https://metal.equinix.com/developers/api/errors/, 402, 403 and 429 those of RFC 9110 and
 * 6585.
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

/** Whether it is the cloud's answer with this status. */
export function isStatus(error: unknown, ...statuses: readonly number[]): error is CloudError {
  return error instanceof CloudError && error.status !== undefined && statuses.includes(error.status);
}
