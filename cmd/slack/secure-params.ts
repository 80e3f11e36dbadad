import type { Client } from '../../lib/api/index.ts';
import type { Event } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';

/** How long the endpoint may take to list its params. */
const LIST_MS = 20_000;
/** How long it is left alone after it did not. */
const AGAIN_MS = 60_000;

/**
 * The params that are secret by their schemas at the endpoint. Events show values of them in the clear: one that tells of
 * an action has the params that it was called with.
 */
export class SecureParams {
  readonly #api: Client;
  #names = new Set<string>();
  /** Whether there were events of all changes since the list was read. */
  #current = false;
  /** The list could not be had: what is secret is not known for sure. */
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

  /** Takes notice of an event by which params may become secret. */
  notice({ Type, Object: object }: Event): void {
    if (Type === 'contents' || Type === 'plugin_providers') this.#current = false;
    if (Type !== 'params' || typeof object !== 'object' || object === null) return;
    const { Name, Secure } = object as { Name?: unknown; Secure?: unknown };
    if (Secure === true && typeof Name === 'string') this.#names.add(Name);
  }

  /** Lists the params again if they may have changed. While that fails, all params count as secret. Does not throw. */
  async refresh(signal: AbortSignal, log: Logger): Promise<void> {
    if (this.#current || performance.now() < this.#notBefore) return;
    // Set before the list is asked for: what changes meanwhile asks for another.
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
