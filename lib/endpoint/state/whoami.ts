import { isObject, ModelError, type RawModel } from '../../models/index.ts';

/** The data by which a booted system finds its machine object (`models.Whoami`). Hashes are base64. */
export interface Whoami {
  Fingerprint: Fingerprint;
  MacAddrs: string[];
  /** The UUID that the system has stored on disk. */
  OnDiskUUID: string;
}

interface Fingerprint {
  SSNHash: string;
  CSNHash: string;
  CloudInstanceID: string;
  SystemUUID: string;
  MemoryIds: string[];
}

/** Matches with fewer points do not count. */
const LEAST_POINTS = 100;

/** Throws ModelError 400 that names the field. */
export function readWhoami(body: unknown): Whoami {
  const refuse = (problem: string) => new ModelError(400, problem, { model: 'whoami', type: 'POST' });
  if (!isObject(body)) throw refuse('expected an object');
  const text = (object: RawModel, name: string, path = name): string => {
    const value = object[name] ?? '';
    if (typeof value !== 'string') throw refuse(`${path}: expected text`);
    return value;
  };
  const texts = (object: RawModel, name: string, path = name): string[] => {
    const value = object[name] ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw refuse(`${path}: expected a list of texts`);
    return value;
  };
  const Fingerprint = body.Fingerprint ?? {};
  if (!isObject(Fingerprint)) throw refuse('Fingerprint: expected an object');
  const ofPrint = (name: string) => text(Fingerprint, name, `Fingerprint.${name}`);
  return {
    Fingerprint: {
      SSNHash: ofPrint('SSNHash'),
      CSNHash: ofPrint('CSNHash'),
      CloudInstanceID: ofPrint('CloudInstanceID'),
      SystemUUID: ofPrint('SystemUUID'),
      MemoryIds: texts(Fingerprint, 'MemoryIds', 'Fingerprint.MemoryIds'),
    },
    MacAddrs: texts(body, 'MacAddrs'),
    OnDiskUUID: text(body, 'OnDiskUUID'),
  };
}

/** The best matching machine with its points; undefined when none matches. */
export function bestMatch(
  whoami: Whoami,
  machines: Iterable<RawModel>,
): { score: number; uuid: string } | undefined {
  let best: { score: number; uuid: string } | undefined;
  for (const machine of machines) {
    const score = scoreOf(whoami, machine);
    if (score >= LEAST_POINTS && score > (best?.score ?? 0)) best = { score, uuid: String(machine.Uuid) };
  }
  return best;
}

/** The points of a machine, by the rules of dr-provision 4.8 (doc/arch/whoami.rst). */
function scoreOf({ Fingerprint: given, MacAddrs, OnDiskUUID }: Whoami, machine: RawModel): number {
  const known = machine.Fingerprint as unknown as Fingerprint;
  const points = (field: 'SSNHash' | 'CSNHash' | 'SystemUUID' | 'CloudInstanceID', worth: number) =>
    known[field] !== '' && known[field] === given[field] ? worth : 0;
  return (
    points('SSNHash', 25) +
    points('CSNHash', 25) +
    points('SystemUUID', 50) +
    points('CloudInstanceID', 500) +
    share(known.MemoryIds, given.MemoryIds) +
    share(machine.HardwareAddrs as string[], MacAddrs) +
    (machine.Uuid === OnDiskUUID.toLowerCase() ? 1000 : 0)
  );
}

/** Up to 100 points for the share of the known values that are given. */
function share(known: readonly string[], given: readonly string[]): number {
  if (known.length === 0) return 0;
  return Math.floor((100 * known.filter((item) => given.includes(item)).length) / known.length);
}
