/**
 * The limit of chat.postMessage: about one message a second to a channel, with short bursts, and else 429 with Retry-After
 * (https://docs.slack.dev/apis/web-api/rate-limits).
 */
export class RateLimit {
  /** How many messages a channel takes in a burst. */
  burst: number;
  /** How often it takes one in the long run, in milliseconds. */
  everyMs: number;
  /** Calls that came before the time that a Retry-After had named. */
  early = 0;
  readonly #channels = new Map<string, { left: number; at: number }>();
  #closedUntil = 0;

  constructor({ burst = 4, everyMs = 1000 } = {}) {
    this.burst = burst;
    this.everyMs = everyMs;
  }

  /** Seconds to wait, as a Retry-After says them; undefined when the channel takes the message. */
  take(channel: string): number | undefined {
    const now = performance.now();
    const bucket = this.#channels.get(channel) ?? { left: this.burst, at: now };
    const left = Math.min(this.burst, bucket.left + (now - bucket.at) / this.everyMs);
    this.#channels.set(channel, { left: left < 1 ? left : left - 1, at: now });
    return left < 1 ? Math.max(1, Math.ceil(((1 - left) * this.everyMs) / 1000)) : undefined;
  }

  /** A Retry-After was sent. */
  close(seconds: number): void {
    this.#closedUntil = performance.now() + seconds * 1000;
  }

  /** A call has come. Timers may be some milliseconds early. */
  watch(): void {
    if (performance.now() < this.#closedUntil - 20) this.early += 1;
  }
}
