import type { Agent } from 'node:https';
import {
  AgentPool,
  endedBeforeTls,
  type Limits,
  type Resource,
  wasDistrusted,
  wasTlsFailure,
} from '../../lib/https/index.ts';
import { abortError, BmcQueue, refusal } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import {
  biosOf,
  type Connection,
  type Found,
  onSystem,
  type Pace,
  Patience,
  resetBios,
  type Service,
  serviceRoot,
} from '../../lib/redfish/index.ts';
import { waitForBmc } from './bmc-restart.ts';
import type { Driver, Request } from './driver.ts';
import { numberParam, type Params, textParam } from './params.ts';
import { waitForPower } from './power-change.ts';
import { accounts, setAccountPassword } from './redfish/accounts.ts';
import { bmcOf } from './redfish/bmc.ts';
import { type BootSpan, bootMode, NO_DEVICE, overrideBoot } from './redfish/boot.ts';
import type { BootDevice } from './redfish/boot-targets.ts';
import { certificates } from './redfish/certificates.ts';
import { clearLog, eventLog } from './redfish/event-log.ts';
import { firmware } from './redfish/firmware.ts';
import { updateFirmware } from './redfish/firmware-update.ts';
import { identify } from './redfish/identify.ts';
import { bootSettings, collected, linked, systemStatus } from './redfish/inventory.ts';
import { licenses } from './redfish/licenses.ts';
import { resetManager } from './redfish/manager-reset.ts';
import { bootFromMedia } from './redfish/media-boot.ts';
import { setPower } from './redfish/power.ts';
import { interrupt, resetSystem, shutDown } from './redfish/power-signals.ts';
import { powerStatus } from './redfish/power-state.ts';
import { secureBoot, setSecureBoot } from './redfish/secure-boot.ts';
import { sensors } from './redfish/sensors.ts';
import { mediaStatus, mount, unmount } from './redfish/virtual-media.ts';

/** Limits and intervals in ms. */
export interface RedfishOptions extends Partial<Pace & Limits> {
  /** How long a change may wait for earlier changes of the same system. */
  waitLimitMs?: number;
  /** How long to wait for a busy service when `ipmi/retry-time` is not set; default 60 s. */
  retryMs?: number;
}

/** Runs an action on a system in an open session. */
type Work = (service: Service, system: Found, request: Request) => Promise<unknown>;

const DONE = 'Success';

/** `ipmi/mode` `redfish`: DMTF's REST API over HTTPS. */
export function redfishDriver(options: RedfishOptions = {}): Driver {
  // Long, since some BMCs read an image before they answer a request to insert it.
  const { connectMs = 10_000, handshakeMs = 30_000, requestMs = 60_000, stallMs } = options;
  const {
    pollMs = 1_000,
    taskMs = 600_000,
    offMs = 2_000,
    waitLimitMs = 120_000,
    retryMs = 60_000,
  } = options;
  const limits: Limits = { connectMs, handshakeMs, requestMs, ...(stallMs === undefined ? {} : { stallMs }) };
  const pace = { pollMs, taskMs, offMs };
  const agents = new AgentPool();
  /** Used for its queue only: this driver starts no processes. */
  const queue = new BmcQueue({ maxChildren: 0, waitLimitMs });
  /** BMCs with a firmware update in progress. */
  const updating = new Set<string>();
  /** Service roots read by the probe, for the actions that follow it. */
  const roots = new WeakMap<Request, Resource>();
  const patiences = new WeakMap<Request, Patience>();

  /** One for the whole action. */
  function patienceFor(request: Request): Patience {
    const known = patiences.get(request);
    if (known !== undefined) return known;
    const patience = patienceOf(request, retryMs);
    patiences.set(request, patience);
    return patience;
  }

  async function onBmc<T>(request: Request, work: (connection: Connection) => Promise<T>): Promise<T> {
    const bmc = bmcOf(request.params);
    request.onTransport?.('redfish');
    try {
      return await agents.use(bmc, (agent: Agent) => work({ bmc, agent, limits }));
    } catch (error) {
      if (request.signal.aborted && !(error instanceof ModelError))
        throw abortError(`BMC ${bmc.name}`, request.signal);
      throw error;
    }
  }

  function withSystem(request: Request, work: Work): Promise<unknown> {
    const { params, signal, log } = request;
    const how = { root: roots.get(request), wanted: wantedSystem(params), signal, log, pace };
    return onBmc(request, (connection) =>
      onSystem(connection, { ...how, patience: patienceFor(request) }, (service, system) =>
        work(service, system, request),
      ),
    );
  }

  return {
    name: 'redfish',
    commands: new Set([...QUESTIONS.keys(), ...CHANGES.keys()]),
    missing: (request) =>
      onBmc(request, async (connection) => {
        const root = await probe(connection, request, { patience: patienceFor(request), pollMs });
        if (root instanceof ModelError) return root;
        roots.set(request, root);
        return undefined;
      }),
    run: async (request) => {
      const { command, params, signal } = request;
      const question = QUESTIONS.get(command);
      if (question !== undefined) return withSystem(request, question);
      const change = CHANGES.get(command);
      if (change === undefined) throw refusal(404, `No such action: ${command}`);
      const { name } = bmcOf(params);
      if (command === 'updateFirmware' && updating.has(name)) {
        throw refusal(409, [`BMC ${name}: an update of this plugin is under way`, 'wait until it has ended']);
      }
      // Two changes at once could undo each other although both succeed.
      const work = () => queue.withBmc(turnOf(params), signal, () => withSystem(request, change));
      if (command !== 'updateFirmware') return work();
      updating.add(name);
      return work().finally(() => updating.delete(name));
    },
    power: async (request) => String(await withSystem(request, powerStatus)).toLowerCase(),
  };
}

/**
 * How long to wait for a busy service: for power changes their own time limit, if set; otherwise the time for retries.
 */
function patienceOf({ command, params }: Request, retryMs: number): Patience {
  const retry = params['ipmi/retry-time'];
  const limitMs =
    retry === undefined ? retryMs : numberParam(params, 'ipmi/retry-time', MOST_SECONDS, 0) * 1000;
  const waitMs = POWER_CHANGES.has(command) ? waitForPower(params) * 1000 : 0;
  return waitMs > 0 ? new Patience(waitMs, 'ipmi/wait-for-power') : new Patience(limitMs, 'ipmi/retry-time');
}

const MOST_SECONDS = 3_600;

const LIGHT_SECONDS = 60;
const MOST_LIGHT_SECONDS = 2 ** 31 - 1;

/** Actions that only read. */
const QUESTIONS: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['powerstatus', powerStatus],
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
  ['sel', eventLog],
  ['sensors', sensors],
  ['getFirmware', firmware],
  ['getUsers', accounts],
  ['getLicense', licenses],
  ['getCertificates', certificates],
]);

const CHANGES: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['poweron', power('on')],
  ['poweroff', power('off')],
  ['powercycle', power('cycle')],
  ['powerreset', (service, system, { params }) => resetSystem(service, system, waitForPower(params))],
  ['powersoft', (service, system, { params }) => shutDown(service, system, waitForPower(params))],
  ['nmi', (service, system) => done(interrupt(service, system))],
  ['nextbootpxe', boot('Once', 'Pxe')],
  ['nextbootdisk', boot('Once', 'Hdd')],
  ['nextbootcd', boot('Once', 'Cd')],
  ['nextbootbios', boot('Once', 'BiosSetup')],
  ['nextbootHttp', bootByHttp],
  ['clearBoot', (service, system) => done(overrideBoot(service, system, NO_DEVICE))],
  ['forcebootpxe', boot('Continuous', 'Pxe')],
  ['forcebootdisk', boot('Continuous', 'Hdd')],
  ['updateFirmware', (service, _system, request) => updateFirmware(service, request)],
  ['resetBios', async (service, system) => done(resetBios(service, await biosOf(service, system)))],
  ['setSecureBoot', (service, system, { params }) => done(setSecureBoot(service, system, params))],
  ['setUserPassword', (service, _system, { params }) => done(setAccountPassword(service, params))],
  ['resetBmc', (service, system, { params }) => done(resetManager(service, system, waitForBmc(params)))],
  ['clearSel', (service, system) => done(clearLog(service, system))],
  ['identify', (service, system, { params }) => done(identify(service, system, lightIsOn(params)))],
  ['mountVirtualMedia', mountMedia],
  ['unmountVirtualMedia', (service, system) => done(unmount(service, system))],
]);

const POWER_CHANGES = new Set(['poweron', 'poweroff', 'powercycle', 'powerreset', 'powersoft']);

/** The queue key of a system's changes. A BMC may have many systems. */
function turnOf(params: Params): string {
  const { name } = bmcOf(params);
  const system = wantedSystem(params);
  return system === '' ? name : `${name}, system ${system.toLowerCase()}`;
}

/** Id or UUID of the system that the action is for; empty for the only one. */
function wantedSystem(params: Params): string {
  return params['ipmi/redfish-system'] === undefined ? '' : textParam(params, 'ipmi/redfish-system');
}

async function done(work: Promise<unknown>): Promise<string> {
  await work;
  return DONE;
}

function power(aim: 'on' | 'off' | 'cycle'): Work {
  return (service, system, { params }) => setPower(service, system, aim, waitForPower(params));
}

function boot(span: BootSpan, device: BootDevice): Work {
  return async (service, system, { params }) => {
    const mode = bootMode(params);
    return done(overrideBoot(service, system, { span, device, mode }));
  };
}

/** Boots from an HTTP server. Needs UEFI; legacy BIOS does not support it. */
async function bootByHttp(service: Service, system: Found, { params }: Request): Promise<string> {
  const httpUri = httpBootUrl(params);
  return done(overrideBoot(service, system, { span: 'Once', device: 'UefiHttp', mode: 'UEFI', httpUri }));
}

/** The boot URL; undefined when the firmware should use the address from DHCP. Throws ModelError 400. */
function httpBootUrl(params: Params): string | undefined {
  if (params['ipmi/http-boot-url'] === undefined) return undefined;
  const url = textParam(params, 'ipmi/http-boot-url').trim();
  if (url === '') return undefined;
  if (URL.canParse(url) && /^https?:\/\/[^/]/i.test(url)) return url;
  throw refusal(400, 'ipmi/http-boot-url: expected a URL of http or https');
}

/** Whether the light should be on. A duration of 0 switches it off. */
function lightIsOn(params: Params): boolean {
  return numberParam(params, 'ipmi/identify-duration', MOST_LIGHT_SECONDS, LIGHT_SECONDS) > 0;
}

async function mountMedia(service: Service, system: Found, { params }: Request): Promise<string> {
  const boots = params['ipmi/virtual-media-boot'];
  if (typeof boots !== 'boolean') throw refusal(400, 'ipmi/virtual-media-boot: expected true or false');
  const drive = await mount(service, system, params);
  if (boots) await bootFromMedia(service, system, drive);
  return DONE;
}

/**
 * Reads the service root. Returns the error when the host has no Redfish service. Throws ModelError when there is one
 * that cannot be used.
 */
async function probe(
  connection: Connection,
  { signal }: Request,
  retry: { patience: Patience; pollMs: number },
): Promise<Resource | ModelError> {
  try {
    return await serviceRoot(connection, { signal, ...retry });
  } catch (error) {
    signal.throwIfAborted();
    if (wasDistrusted(error) || wasTlsFailure(error) || endedBeforeTls(error)) throw error;
    return ModelError.from(error) ?? refusal(502, String(error), error);
  }
}
