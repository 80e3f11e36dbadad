import { at, textAt } from '../../../lib/https/index.ts';
import { foreign, foreignPath, ModelError, own, say, type Wording } from '../../../lib/models/index.ts';
import { type Found, Patience, type Service } from '../../../lib/redfish/index.ts';

/** How often to read a state that is absent, or that a command with a lost answer should have changed. */
const POLLS = 10;
/** How often to read a running system for a sign of a restart. */
const LOOKS_FOR_SIGNS = 6;
/** Minimum time for a request that begins shortly before the time limit. */
const LEAST_REQUEST_MS = 2_000;

/** The PowerState; `Unknown` when absent. */
export function powerState({ resource }: Found): string {
  return textAt(resource, 'PowerState') ?? 'Unknown';
}

/** The PowerState; `Unknown` when the BMC does not tell one within some tries. */
export async function powerStatus(service: Service, system: Found): Promise<string> {
  return powerState(await withState(service, system));
}

/**
 * The system with a PowerState. Some BMCs return null during a reset; after some tries the system is returned without
 * one.
 */
export async function withState(service: Service, system: Found): Promise<Found> {
  let found = system;
  const isPatient = service.patience.leftMs > 0;
  for (let polls = 0; found.resource.PowerState === null && isPatient && polls < POLLS; polls++) {
    await service.pause();
    found = await service.get(system.uri);
  }
  return found;
}

/** The system some time after a command whose answer was lost, and whether it shows an effect. */
export async function afterLostAnswer(
  service: Service,
  system: Found,
  seconds: number,
): Promise<{ found: Found; isOther: boolean }> {
  const before = signsOf(system);
  const end = performance.now() + seconds * 1000;
  let found = system;
  for (let polls = 0; polls < POLLS && performance.now() < end; polls++) {
    await service.pause();
    const look = await lookAt(service, system.uri, end);
    if (look.found !== undefined) found = look.found;
    if (look.found !== undefined && signsOf(look.found) !== before) break;
  }
  return { found, isOther: signsOf(found) !== before };
}

/**
 * Properties that a start of the machine changes: its state and, if available, the time of the last reset and the boot
 * progress (schema ComputerSystem: LastResetTime since 1.12, BootProgress since 1.13).
 */
function signsOf(system: Found): string {
  const { resource } = system;
  const progress = ['LastState', 'LastStateTime'].map((name) => at(resource, 'BootProgress', name));
  return JSON.stringify([powerState(system), at(resource, 'LastResetTime'), ...progress]);
}

/** The result of reading the system: the resource, or why it cannot be read. */
interface Look {
  found?: Found;
  problem?: ModelError;
}

/** Reads once, without retries. Throws the signal's reason. */
async function lookAt(service: Service, uri: string, end: number): Promise<Look> {
  const patience = new Patience(0, service.patience.param);
  const leftMs = Math.max(LEAST_REQUEST_MS, end - performance.now());
  const requestMs = Math.min(service.connection.limits.requestMs, leftMs);
  try {
    return { found: await service.get(uri, { patience, requestMs }) };
  } catch (problem) {
    service.signal.throwIfAborted();
    if (!(problem instanceof ModelError)) throw problem;
    return { problem };
  }
}

/** The state to wait for, and why it is expected. */
interface Expected {
  wanted: string;
  seconds: number;
  cause: string;
  /** The machine is on before and after, and must have restarted in between. */
  isRestart?: boolean;
  /** Appended to the error. */
  advice?: Wording;
}

/**
 * Waits for the state `wanted` and returns it; with nothing to wait for, the first state that the BMC tells. No answer
 * is final before the time limit: BMCs restart their services together with the machine, forget sessions, and leave out
 * the state. A restart without any sign is logged: it was not visible or did not happen. Throws ModelError 504.
 */
export async function waitForState(
  service: Service,
  system: Found,
  { wanted, seconds, cause, isRestart = false, advice }: Expected,
): Promise<string> {
  const { uri, resource } = system;
  if (seconds === 0) return powerState(await service.get(uri));
  const before = signsOf(system);
  const end = performance.now() + seconds * 1000;
  let hasSign = !isRestart;
  for (let looks = 1; ; looks++) {
    const { found, problem } = await lookAt(service, uri, end);
    const state = found === undefined ? undefined : powerState(found);
    if (found !== undefined && signsOf(found) !== before) hasSign = true;
    if (state === wanted && hasSign) return state;
    // A BMC that has never told a state will not do so later.
    if (found !== undefined && tellsNone(found.resource) && tellsNone(resource)) return powerState(found);
    const isOver = performance.now() >= end;
    if (state === wanted && (isOver || looks >= LOOKS_FOR_SIGNS)) {
      service.warn(
        say`${foreignPath(uri)}: ${own(cause)} was taken, and it is ${foreign(state)}; it was not seen to restart`,
      );
      return state;
    }
    if (isOver) {
      const after = say`${seconds} s after ${own(cause)}`;
      const path = foreignPath(uri);
      const more = advice === undefined ? [] : [advice];
      if (problem !== undefined) {
        const said = problem.messages.map(own);
        throw service.error(504, say`${path}: cannot be read ${after}`, ...said, ...more);
      }
      const now = state === 'Unknown' ? own('tells no power state') : say`is ${foreign(state ?? '')}`;
      throw service.error(504, say`${path}: ${now}, not ${own(wanted)}, ${after}`, ...more);
    }
    await service.pause();
  }
}

function tellsNone(resource: Found['resource']): boolean {
  return !Object.hasOwn(resource, 'PowerState');
}
