import type { Client } from '../../lib/api/index.ts';
import type { Event } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';

/** How long the endpoint may take to list its params, in ms. */
const LIST_MS = 20_000;
/** Pause after a failed listing, in ms. */
const AGAIN_MS = 60_000;

/**
 * The params that the endpoint's schemas mark as secret. Events contain their values in the clear; the event of an
 * action, for instance, contains the action's params.
 */
export class SecureParams {
  readonly #api: Client;
  #names = new Set<string>();
  /** Whether the list is up to date: all changes since it was read would have caused events. */
  #current = false;
  /** The list could not be read, so it is uncertain which params are secret. */
  #doubt = false;
  #notBefore = 0;

  constructor(api: Client) {
    this.#api = api;
  }

  readonly has = (param: string): boolean => this.#names.has(param) || (this.#doubt && param.includes('/'));

  /** Lists the params. Throws ModelError, or the reason of `signal`. */
  async read(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    const params = await this.#api.objects('params').list({ signal: limit });
    this.#names = new Set(params.filter(({ Secure }) => Secure).map(({ Name }) => Name));
    this.#doubt = false;
  }

  /** Notes an event that may change which params are secret. */
  notice({ Type, Object: object }: Event): void {
    if (Type === 'contents' || Type === 'plugin_providers') this.#current = false;
    if (Type !== 'params' || typeof object !== 'object' || object === null) return;
    const { Name, Secure } = object as { Name?: unknown; Secure?: unknown };
    if (Secure === true && typeof Name === 'string') this.#names.add(Name);
  }

  /** Lists the params again if they may have changed. While that fails, all params count as secret. Never rejects. */
  async refresh(signal: AbortSignal, log: Logger): Promise<void> {
    if (this.#current || performance.now() < this.#notBefore) return;
    // Set before the request, so that a change during it causes another.
    this.#current = true;
    try {
      await this.read(signal);
    } catch (error) {
      this.#current = false;
      if (signal.aborted) return;
      this.#doubt = true;
      this.#notBefore = performance.now() + AGAIN_MS;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`Which params are secret cannot be asked, so all are masked: ${reason}`);
    }
  }
}
