import { ConflictError, pointer } from '../../lib/api/index.ts';
import { timestamp } from '../../lib/models/index.ts';
import { failure } from './failure.ts';
import { DEVICE, MACHINE_PLUGIN, ORDER_STARTED, textParam } from './machine.ts';
import { OrderFailed } from './order-failed.ts';
import type { Setup } from './setup.ts';

/** How often recording the order is tried again after concurrent changes of the machine's params. */
const TRIES = 10;

/** What is known about a machine when work on it begins. */
export interface Intent {
  /**
   * When the order was begun, by this process or an earlier one, as `performance.now()`. Not the clock: setting that
   * must not end the wait for the device, after which device and machine are removed.
   */
  started: number;
  /** An earlier process has begun it, so the cloud may have an order that is not recorded. */
  resumed: boolean;
  device: string | undefined;
  name: string;
  /** The machine's params, including those of its profiles. */
  params: Readonly<Record<string, unknown>>;
}

/** Records that a device is about to be ordered. Returns the device's UUID when it is ready already. */
export async function recordIntent(
  setup: Setup,
  machine: string,
  signal: AbortSignal,
): Promise<Intent | string | undefined> {
  const { api, plugin, ledger } = setup;
  const access = api.params('machines', machine);
  for (let tries = 1; ; tries += 1) {
    const { Name: name } = await api.objects('machines').get(machine, { signal });
    const own = await access.all({ signal });
    const params = { ...(await access.all({ aggregate: true, signal })), ...own };
    if (textParam(params, MACHINE_PLUGIN) !== plugin) return undefined;
    const device = textParam(own, DEVICE);
    const recorded = own[ORDER_STARTED];
    const resumed = recorded !== undefined;
    if (device !== undefined && !resumed) return device;
    // The ledger comes first, so that the device is deleted even if the machine is deleted while the plugin does not
    // run.
    const known = device ?? (await ledger.get(machine, signal));
    if (known === undefined || known === device) await ledger.put(machine, device ?? '', signal);
    const intent = { resumed, device: known || undefined, name, params };
    if (resumed) return { ...intent, started: performance.now() - millisecondsSince(String(recorded)) };
    const started = performance.now();
    const values = {
      [MACHINE_PLUGIN]: plugin,
      'packet/project-id': projectFor(setup, params),
      [ORDER_STARTED]: timestamp(),
    };
    const operations = Object.entries(values).map(([param, value]) => ({
      op: 'add' as const,
      path: pointer(param),
      value,
    }));
    try {
      await access.patch([{ op: 'test', path: '', value: own }, ...operations], { signal });
      return { ...intent, started };
    } catch (error) {
      if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
    }
  }
}

/** By the clock, since the time is from an earlier process; 0 for an invalid or future time. */
function millisecondsSince(time: string): number {
  return Math.max(Date.now() - (Date.parse(time) || Date.now()), 0);
}

/** The project for the device. Throws OrderFailed when none is given. */
export function projectFor({ settings, projects }: Setup, params: Intent['params']): string {
  const project = textParam(params, 'packet/project-id') ?? settings.project ?? projects[0];
  if (project !== undefined) return project;
  const problem = 'packet/project-id: not set, and the key (packet/api-key) reaches no project';
  throw new OrderFailed(failure(400, problem), undefined);
}
