import type { Client, Objects } from '../../../lib/api/index.ts';
import { ModelError, type RawModel } from '../../../lib/models/index.ts';
import type { Logger } from '../../../lib/plugin/index.ts';
import { canonicalAddress } from './address-range.ts';
import { type Discovered, type FoundBmc, type MachineReport, protocolOf } from './found.ts';
import type { Credential } from './settings.ts';

/** An existing machine, with the fields that identify its BMC. */
interface KnownMachine {
  uuid: string;
  name: string;
  /** The machine's UUID and that of its fingerprint. */
  uuids: readonly string[];
  address: string;
  ipmiPort: unknown;
  redfishPort: unknown;
}

const ADDRESS = 'ipmi/address';
const IPMI_PORT = 'ipmi/port-ipmitool';
const REDFISH_PORT = 'ipmi/port-redfish';
/**
 * Time limit for all requests that create a machine. They are not aborted with the scan, which could leave a machine
 * without its params.
 */
const MACHINE_LIMIT_MS = 20_000;

type Api = Pick<Client, 'objects' | 'params'>;

/**
 * Creates a machine for each BMC that no machine has, one at a time, and notes the result in each. A failure does not
 * stop the others. Throws ModelError when the machines cannot be listed, and the signal's reason.
 */
export async function makeMachines(
  api: Api,
  discovered: readonly Discovered[],
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (discovered.length === 0) return;
  const known: KnownMachine[] = [];
  const only = { params: [ADDRESS, IPMI_PORT, REDFISH_PORT], slim: ['Meta'] } as const;
  for await (const machine of api.objects<RawModel>('machines').each({ ...only, signal })) {
    known.push(knownMachine(machine));
  }
  for (const { bmc, credential } of discovered) {
    signal.throwIfAborted();
    const report = await machineFor(api, bmc, credential, known);
    bmc.machine = report;
    if (report.problem !== undefined) log.error(`range-scan: ${bmc.address}: no machine: ${report.problem}`);
    else
      log.info(`range-scan: ${bmc.address}: machine ${report.name} ${report.created ? 'made' : 'is there'}`);
  }
}

async function machineFor(
  api: Api,
  bmc: FoundBmc,
  credential: Credential | undefined,
  known: KnownMachine[],
): Promise<MachineReport> {
  const existing = known.find((machine) => isOf(machine, bmc));
  if (existing !== undefined) return { uuid: existing.uuid, name: existing.name, created: false };
  try {
    const { machine, created } = await make(api, bmc, credential);
    known.push(machine);
    return { uuid: machine.uuid, name: machine.name, created };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { created: false, problem: error.messages.join('; ') };
  }
}

/** Creates a machine. Throws ModelError. */
async function make(
  api: Api,
  bmc: FoundBmc,
  credential: Credential | undefined,
): Promise<{ machine: KnownMachine; created: boolean }> {
  const signal = AbortSignal.timeout(MACHINE_LIMIT_MS);
  const machines = api.objects<RawModel>('machines');
  let conflict: unknown;
  for (const name of namesFor(bmc)) {
    try {
      const made = knownMachine(
        await machines.create(
          { Name: name, ...(bmc.uuid && { Uuid: bmc.uuid }), Params: paramsFor(bmc, credential) },
          { signal },
        ),
      );
      if (credential !== undefined) await setPassword(api, made.uuid, credential.password, signal);
      return { machine: made, created: true };
    } catch (error) {
      if (!isTaken(error)) throw error;
      conflict = error;
      // Another scan or a user may have created it since the machines were listed.
      for (const key of [`Name:${name}`, bmc.uuid ?? '']) {
        const holder = key === '' ? undefined : await getIfThere(machines, key, signal);
        if (holder !== undefined && isOf(holder, bmc)) return { machine: holder, created: false };
      }
    }
  }
  throw conflict;
}

/** Whether the endpoint refused a machine because its UUID, or (with another code) its name, exists. */
function isTaken(error: unknown): boolean {
  if (!(error instanceof ModelError)) return false;
  return error.code === 409 || error.messages.some((message) => message.includes('violates unique index'));
}

/**
 * Stores the password as a secure param. When that fails, the machine is deleted again: without a password it would
 * count as complete.
 */
async function setPassword(api: Api, uuid: string, password: string, signal: AbortSignal): Promise<void> {
  try {
    await api.params('machines', uuid).setSecure('ipmi/password', password, { signal });
  } catch (error) {
    await api
      .objects('machines')
      .remove(uuid, { signal: AbortSignal.timeout(MACHINE_LIMIT_MS) })
      .catch(() => undefined);
    throw error;
  }
}

async function getIfThere(
  machines: Objects,
  key: string,
  signal: AbortSignal,
): Promise<KnownMachine | undefined> {
  try {
    return knownMachine(await machines.get(key, { signal }));
  } catch (error) {
    if (error instanceof ModelError && error.code === 404) return undefined;
    throw error;
  }
}

/** Names to try: by address, which people know; by UUID when another machine has that name. */
function namesFor(bmc: FoundBmc): string[] {
  const { address, port, uuid } = bmc;
  const usual = port === 623 || port === 443 ? '' : `-${port}`;
  const byAddress = `bmc-${address.replace(/[.:]/g, '-')}${usual}`;
  return uuid === undefined ? [byAddress] : [byAddress, `bmc-${uuid}`];
}

/** Redfish is preferred, since it supports all actions. */
function paramsFor(bmc: FoundBmc, credential: Credential | undefined): RawModel {
  const ipmi = protocolOf(bmc, 'ipmi');
  const redfish = protocolOf(bmc, 'redfish');
  return {
    [ADDRESS]: bmc.address,
    'ipmi/mode': redfish === undefined ? 'ipmitool' : 'redfish',
    ...(ipmi && { [IPMI_PORT]: ipmi.port }),
    ...(redfish && { [REDFISH_PORT]: redfish.port }),
    ...(credential && { 'ipmi/username': credential.username }),
  };
}

function knownMachine(machine: RawModel): KnownMachine {
  const { Uuid, Name, Params, Fingerprint } = machine;
  const params = (Params ?? {}) as RawModel;
  const { SystemUUID } = (Fingerprint ?? {}) as RawModel;
  const address = params[ADDRESS];
  return {
    uuid: String(Uuid),
    name: String(Name),
    uuids: [Uuid, SystemUUID].map((uuid) => String(uuid ?? '').toLowerCase()),
    address: typeof address === 'string' ? canonicalAddress(address) : '',
    ipmiPort: params[IPMI_PORT] || undefined,
    redfishPort: params[REDFISH_PORT] || undefined,
  };
}

/**
 * Whether the BMC belongs to this machine: by UUID, or by address unless the machine has ports and none of them
 * matches.
 */
function isOf({ uuids, address, ipmiPort, redfishPort }: KnownMachine, bmc: FoundBmc): boolean {
  if (bmc.uuid !== undefined && uuids.includes(bmc.uuid)) return true;
  if (address !== canonicalAddress(bmc.address)) return false;
  if (ipmiPort === undefined && redfishPort === undefined) return true;
  return (
    (ipmiPort !== undefined && ipmiPort === protocolOf(bmc, 'ipmi')?.port) ||
    (redfishPort !== undefined && redfishPort === protocolOf(bmc, 'redfish')?.port)
  );
}
