import { foreign, own, say } from '../../lib/models/index.ts';
import {
  type Bios,
  biosOf,
  type Changed,
  changeBios,
  changeBiosPassword,
  type Found,
  lastMessages,
  readBios,
  resetBios,
  type Service,
} from '../../lib/redfish/index.ts';
import { type BiosRequest, type BiosTimes, Bmcs } from './bmc.ts';
import { type Entry, entriesOf, exportOf } from './entries.ts';
import { refusal } from './failure.ts';
import { planFor } from './plan.ts';

/** The result of a change. */
export interface ChangeResult {
  /** The new values by name. */
  Changes: Record<string, unknown>;
  /** Whether the machine must restart before all of them are in effect. */
  RebootRequired: boolean;
  /** The BMC's job or task that is pending until then. */
  Pending?: string;
}

/** The actions of the plugin, each for one machine. All throw ModelError. */
export class BiosActions {
  readonly #bmcs: Bmcs;

  constructor(times: Partial<BiosTimes> = {}) {
    this.#bmcs = new Bmcs(times);
  }

  /** All attributes, or with `bios-format` `values` the values of the writable ones. */
  get(request: BiosRequest): Promise<Record<string, Entry> | Record<string, string>> {
    const { params } = request;
    return this.#bmcs.look(request, async (service, system) => {
      const bios = await readBios(service, system);
      tellLast(service, bios);
      return params['bios-format'] === 'values' ? exportOf(bios) : entriesOf(bios);
    });
  }

  /** The changes that `bios-target-configuration` requires. */
  test(request: BiosRequest): Promise<Record<string, unknown>> {
    return this.#bmcs.look(request, async (service, system) => {
      const bios = await readBios(service, system);
      tellLast(service, bios);
      return { ...(await plan(request, service, bios)) };
    });
  }

  /** Has the BMC apply the changes that `bios-target-configuration` requires at the next boot. */
  apply(request: BiosRequest): Promise<ChangeResult> {
    return this.#bmcs.change(request, async (service, system) => {
      const bios = await readBios(service, system);
      const changes = await plan(request, service, bios);
      const waits = Object.keys(bios.pending).length > 0;
      if (Object.keys(changes).length === 0) return { Changes: {}, RebootRequired: waits };
      const changed = await changeBios(service, system, bios, changes);
      const attributes = bios.registry?.attributes;
      const needsReset = Object.keys(changes).some((name) => attributes?.get(name)?.needsReset !== false);
      const RebootRequired = waits || needsReset || bios.settings !== undefined;
      return { Changes: { ...changes }, RebootRequired, ...pendingIn(service, changed) };
    });
  }

  /** Resets all attributes to their defaults at the next boot. */
  reset(request: BiosRequest): Promise<Omit<ChangeResult, 'Changes'>> {
    return this.#bmcs.change(request, async (service, system) => {
      const changed = await resetBios(service, await biosOf(service, system));
      return { RebootRequired: true, ...pendingIn(service, changed) };
    });
  }

  async changePassword(request: BiosRequest): Promise<Omit<ChangeResult, 'Changes'>> {
    const name = textOf(request, 'bios-password-name');
    const fresh = textOf(request, 'bios-new-password');
    const old = request.params['bios-old-password'] === undefined ? '' : textOf(request, 'bios-old-password');
    const secrets = [old, fresh].filter((secret) => secret !== '');
    return this.#bmcs.change({ ...request, secrets }, async (service, system) => {
      await checkPasswordName(service, system, name);
      const changed = await changeBiosPassword(service, await biosOf(service, system), { name, old, fresh });
      return { RebootRequired: true, ...pendingIn(service, changed) };
    });
  }
}

async function plan(request: BiosRequest, service: Service, bios: Bios): Promise<Record<string, unknown>> {
  const { changes, notes } = await planFor(bios, request.params['bios-target-configuration']);
  for (const note of notes) service.info(own(note));
  return { ...changes };
}

/** Logs the BMC's messages about changes that it did not apply at the last boot. */
function tellLast(service: Service, bios: Bios): void {
  for (const text of lastMessages(bios))
    service.warn(say`says of the last change of its BIOS settings: ${foreign(text)}`);
}

function pendingIn(service: Service, { pending }: Changed): { Pending?: string } {
  return pending === undefined ? {} : { Pending: service.connection.bmc.secrets.text(pending) };
}

async function checkPasswordName(service: Service, system: Found, name: string): Promise<void> {
  const { registry } = await readBios(service, system);
  const names = [...(registry?.attributes.values() ?? [])]
    .filter(({ type }) => type === 'Password')
    .map((one) => one.name);
  if (names.length === 0 || names.includes(name)) return;
  throw refusal(400, `bios-password-name: ${JSON.stringify(name)} is not one of ${names.join(', ')}`);
}

/** The value is never quoted, since it may be a secret. */
function textOf({ params }: BiosRequest, name: string): string {
  const value = params[name];
  if (typeof value === 'string') return value;
  throw refusal(400, `${name}: expected a text`);
}
