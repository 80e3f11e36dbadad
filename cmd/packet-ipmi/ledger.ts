import { type Client, ConflictError, pointer } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';

const PARAM = 'packet/devices';
const TRIES = 10;

/**
 * The machines of this plugin and their devices, stored at the endpoint: machine UUID to device UUID, empty while that
 * is unknown. After a time without events it tells which machines were deleted: those that only the ledger has. Stored
 * in a profile, so that backups of the endpoint include it.
 */
export class Ledger {
  readonly #api: Client;
  readonly #profile: string;
  readonly #plugin: string;

  constructor(api: Client, plugin: string) {
    this.#api = api;
    this.#plugin = plugin;
    this.#profile = `packet-devices-${plugin}`;
  }

  async all(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries((await this.#read(signal))?.devices ?? {}));
  }

  /** The device of a machine: '' when it is unknown, undefined when the machine is not in the ledger. */
  async get(machine: string, signal: AbortSignal): Promise<string | undefined> {
    return (await this.all(signal)).get(machine);
  }

  async put(machine: string, device: string, signal: AbortSignal): Promise<void> {
    await this.#change(signal, async (found) => {
      if (found === undefined) {
        await this.#api.objects('profiles').create(
          {
            Name: this.#profile,
            Description: `Machines of the plugin ${this.#plugin} and their devices. Kept by the plugin.`,
            Params: { [PARAM]: { [machine]: device } },
          },
          { signal },
        );
        return;
      }
      const params = this.#api.params('profiles', this.#profile);
      if (found.devices === undefined) await params.add(PARAM, { [machine]: device }, { signal });
      else if (found.devices[machine] !== device) {
        await params.patch([{ op: 'add', path: pointer(PARAM, machine), value: device }], { signal });
      }
    });
  }

  async drop(machine: string, signal: AbortSignal): Promise<void> {
    await this.#change(signal, async (found) => {
      const device = found?.devices?.[machine];
      if (device === undefined) return;
      const path = pointer(PARAM, machine);
      const operations = [{ op: 'test', path, value: device } as const, { op: 'remove', path } as const];
      await this.#api.params('profiles', this.#profile).patch(operations, { signal });
    });
  }

  /** Undefined when the profile does not exist. */
  async #read(signal: AbortSignal): Promise<{ devices: Record<string, string> | undefined } | undefined> {
    try {
      const value = await this.#api.params('profiles', this.#profile).get(PARAM, { signal });
      return { devices: value === undefined ? undefined : (value as Record<string, string>) };
    } catch (error) {
      if (error instanceof ModelError && error.code === 404) return undefined;
      throw error;
    }
  }

  /** Tries again when the ledger has changed between reading and writing. */
  async #change(
    signal: AbortSignal,
    change: (found: { devices: Record<string, string> | undefined } | undefined) => Promise<void>,
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await change(await this.#read(signal));
      } catch (error) {
        if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
      }
    }
  }
}
