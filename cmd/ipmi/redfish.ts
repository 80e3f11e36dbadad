import type { Agent } from 'node:https';
import { AgentPool, type Resource, wasDistrusted } from '../../lib/https/index.ts';
import { abortError, BmcQueue, refusal } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import {
  type Connection,
  chosenSystem,
  type Found,
  type Pace,
  Service,
  serviceRoot,
  withSession,
} from '../../lib/redfish/index.ts';
import type { Driver, Request } from './driver.ts';
import { type Params, textParam } from './params.ts';
import { bmcOf } from './redfish/bmc.ts';
import { type BootSpan, type BootTarget, bootMode, overrideBoot } from './redfish/boot.ts';
import { identify } from './redfish/identify.ts';
import { bootSettings, collected, linked, systemStatus } from './redfish/inventory.ts';
import { bootFromMedia } from './redfish/media-boot.ts';
import { powerState, setPower } from './redfish/power.ts';
import { mediaStatus, mount, unmount } from './redfish/virtual-media.ts';

/** Limits and intervals, all in ms. */
export interface RedfishOptions extends Partial<Pace> {
  /** For a connection to be made; 10 s unless given. */
  connectMs?: number;
  /** For one request and its answer; 60 s unless given, since some BMCs look at an image before they answer. */
  requestMs?: number;
  /** How long a change may wait for earlier ones of the same system. */
  waitLimitMs?: number;
}

/** Does one action on a system, once the session is there. */
type Work = (service: Service, system: Found, request: Request) => Promise<unknown>;

const DONE = 'Success';

/** `ipmi/mode` `redfish`: DMTF's REST API over https. */
export function redfishDriver(options: RedfishOptions = {}): Driver {
  const { connectMs = 10_000, requestMs = 60_000 } = options;
  const { pollMs = 1_000, taskMs = 600_000, offMs = 2_000, waitLimitMs = 120_000 } = options;
  const limits = { connectMs, requestMs };
  const pace = { pollMs, taskMs, offMs };
  const agents = new AgentPool();
  /** No children here, only turns on systems. */
  const turns = new BmcQueue({ maxChildren: 0, waitLimitMs });
  /** What the probe has read, for what follows it. */
  const roots = new WeakMap<Request, Resource>();

  async function onBmc<T>(request: Request, work: (connection: Connection) => Promise<T>): Promise<T> {
    const bmc = bmcOf(request.params);
    try {
      return await agents.use(bmc, (agent: Agent) => work({ bmc, agent, limits }));
    } catch (error) {
      if (request.signal.aborted && !(error instanceof ModelError))
        throw abortError(`BMC ${bmc.name}`, request.signal);
      throw error;
    }
  }

  function onSystem(request: Request, work: Work): Promise<unknown> {
    const { params, signal, log } = request;
    return onBmc(request, async (connection) => {
      const root = roots.get(request) ?? (await serviceRoot(connection, signal));
      return withSession(connection, root, signal, log, async (credentials) => {
        const service = new Service(connection, root, { credentials, signal, log, pace });
        return work(service, await chosenSystem(service, wantedSystem(params)), request);
      });
    });
  }

  return {
    name: 'redfish',
    commands: new Set([...QUESTIONS.keys(), ...CHANGES.keys()]),
    missing: (request) =>
      onBmc(request, async (connection) => {
        const root = await probe(connection, request);
        if (typeof root === 'string') return root;
        roots.set(request, root);
        return undefined;
      }),
    run: async (request) => {
      const { command, params, signal } = request;
      const question = QUESTIONS.get(command);
      if (question !== undefined) return onSystem(request, question);
      const change = CHANGES.get(command);
      if (change === undefined) throw refusal(404, `No such action: ${command}`);
      // Two at once would undo each other, and both succeed.
      return turns.withBmc(turnOf(params), signal, () => onSystem(request, change));
    },
    power: async (request) =>
      String(await onSystem(request, async (_service, system) => powerState(system))).toLowerCase(),
  };
}

/** Actions that change nothing. */
const QUESTIONS: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['powerstatus', async (_service, system) => powerState(system)],
  ['status', systemStatus],
  ['getInfo', async (_service, { resource }) => resource],
  ['getBoot', async (service, system) => bootSettings(service, system)],
  ['getBios', (service, system) => linked(service, system, 'Bios')],
  ['getSecureBoot', secureBoot],
  ['getMemory', (service, system) => collected(service, system, 'Memory')],
  ['getStorage', (service, system) => collected(service, system, 'Storage')],
  ['getSimpleStorage', (service, system) => collected(service, system, 'SimpleStorage')],
  ['getProcessor', (service, system) => collected(service, system, 'Processors')],
  ['getNetworkInterfaces', (service, system) => collected(service, system, 'NetworkInterfaces')],
  ['getEthernetInterfaces', (service, system) => collected(service, system, 'EthernetInterfaces')],
  ['statusVirtualMedia', mediaStatus],
]);

const CHANGES: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['poweron', (service, system, { params }) => setPower(service, system, 'on', params)],
  ['poweroff', (service, system, { params }) => setPower(service, system, 'off', params)],
  ['powercycle', (service, system, { params }) => setPower(service, system, 'cycle', params)],
  ['nextbootpxe', boot('Once', 'Pxe')],
  ['nextbootdisk', boot('Once', 'Hdd')],
  ['nextbootcd', boot('Once', 'Cd')],
  ['forcebootpxe', boot('Continuous', 'Pxe')],
  ['forcebootdisk', boot('Continuous', 'Hdd')],
  ['identify', async (service, system, { params }) => done(identify(service, system, params))],
  ['mountVirtualMedia', mountMedia],
  ['unmountVirtualMedia', (service, system) => done(unmount(service, system))],
]);

/** Whose changes come one after the other: those of one system, since a BMC may have many. */
function turnOf(params: Params): string {
  const { name } = bmcOf(params);
  const system = wantedSystem(params);
  return system === '' ? name : `${name}, system ${system.toLowerCase()}`;
}

/** Id or UUID of the system that the action is for; empty: the only one. */
function wantedSystem(params: Params): string {
  return params['ipmi/redfish-system'] === undefined ? '' : textParam(params, 'ipmi/redfish-system');
}

async function done(work: Promise<unknown>): Promise<string> {
  await work;
  return DONE;
}

function boot(span: BootSpan, target: BootTarget): Work {
  return async (service, system, { params }) =>
    done(overrideBoot(service, system, span, target, bootMode(params)));
}

/** A system without UEFI has none; the reference says so in this way. */
async function secureBoot(service: Service, system: Found): Promise<Resource> {
  if (system.resource.SecureBoot === undefined) return { SecureBootEnable: false };
  return linked(service, system, 'SecureBoot');
}

async function mountMedia(service: Service, system: Found, { params }: Request): Promise<string> {
  const boots = params['ipmi/virtual-media-boot'];
  if (typeof boots !== 'boolean') throw refusal(400, 'ipmi/virtual-media-boot: expected true or false');
  const drive = await mount(service, system, params);
  if (boots) await bootFromMedia(service, system, drive);
  return DONE;
}

/** The root; where there is none, why. Throws ModelError when it is there but not to be trusted. */
async function probe(connection: Connection, { signal }: Request): Promise<Resource | string> {
  try {
    return await serviceRoot(connection, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (wasDistrusted(error)) throw error;
    const known = ModelError.from(error);
    return known?.messages.join('; ') ?? String(error);
  }
}
