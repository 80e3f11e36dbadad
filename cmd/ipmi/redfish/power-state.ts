import { at, textAt } from '../../../lib/https/index.ts';
import { foreign, foreignPath, ModelError, own, say, type Wording } from '../../../lib/models/index.ts';
import { type Found, Patience, type Service } from '../../../lib/redfish/index.ts';

/** How often a state is looked at that is not told, or that an order should have changed whose answer was lost. */
const POLLS = 10;
/** How often a system that is on is looked at for a sign that it was restarted. */
const LOOKS_FOR_SIGNS = 6;
/** For an answer that is waited for when the time is nearly up. */
const LEAST_REQUEST_MS = 2_000;

/** `Unknown` when the BMC does not tell. */
export function powerState({ resource }: Found): string {
  return textAt(resource, 'PowerState') ?? 'Unknown';
}

/** The state, or `Unknown` when the BMC does not tell one in a while. */
export async function powerStatus(service: Service, system: Found): Promise<string> {
  return powerState(await withState(service, system));
}

/** The system with a state: null is told by some while they reset. After a while it is taken as it is. */
export async function withState(service: Service, system: Found): Promise<Found> {
  let found = system;
  const isPatient = service.patience.leftMs > 0;
  for (let polls = 0; found.resource.PowerState === null && isPatient && polls < POLLS; polls++) {
    await service.pause();
    found = await service.get(system.uri);
  }
  return found;
}

/**
 * The system some time after an order of which it is not known whether it has reached the BMC, and whether it shows that
 * it has.
 */
export async function afterLoss(
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
 * What a start of the machine changes: its state, and, where they are told, the time of its last reset and how far it has
 * started (schema ComputerSystem: LastResetTime since 1.12, BootProgress since 1.13).
 */
function signsOf(system: Found): string {
  const { resource } = system;
  const progress = ['LastState', 'LastStateTime'].map((name) => at(resource, 'BootProgress', name));
  return JSON.stringify([powerState(system), at(resource, 'LastResetTime'), ...progress]);
}

/** A look at the system: what it is, or why it cannot be read. */
interface Look {
  found?: Found;
  problem?: ModelError;
}

/** One look that does not wait. Throws the signal's reason. */
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

/** What is waited for, and why it should come. */
interface Expected {
  wanted: string;
  seconds: number;
  cause: string;
  /** The machine is on before and after, and was restarted in between. */
  isRestart?: boolean;
  /** Ends the error. */
  advice?: Wording;
}

/**
 * The state once it is `wanted`, or the first one that is told when there is nothing to wait for. Until the time is up
 * nothing that a BMC answers is taken for its last word: they restart their services with the machine, forget sessions,
 * and tell no state. A restart that left no sign is told in the log: it was not to be seen, or did not happen. Throws
 * ModelError 504.
 */
export async function settled(
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
    // A BMC that never told one is not waited for.
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
