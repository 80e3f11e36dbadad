import { ModelError } from './error.ts';

/** A version as a dr-provision endpoint parses it. Its numbers have up to 64 bits. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Labels of the pre-release. Those of digits only are numbers. */
  readonly pre: readonly (bigint | string)[];
  /** Labels of the build. Comparisons ignore them. */
  readonly build: readonly string[];
}

const EXACT = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]*))?(?:\+([0-9A-Za-z.-]*))?$/;
const LARGEST = 2n ** 64n - 1n;

/** How many characters of a refused version the error shows. */
const SHOWN = 60;

/**
 * What is wrong with a version and what to write instead; undefined when an endpoint accepts it, by the rules of
 * `readVersion`. An endpoint does not start when a provider in its plugins folder has an invalid version.
 */
export function versionProblem(text: string): string | undefined {
  return read(text) === undefined ? problemOf(text) : undefined;
}

/**
 * Parses a version as dr-provision does (ParseTolerant of gofunky/semver): a leading `v` is allowed, numbers may be
 * missing at the end, and one leading zero is removed from each dotted part except a lone `0`. Therefore a third number
 * of 0 cannot be followed by a pre-release or a build: `v1.0.0` is a version, `v1.0.0-dev.1` and `v1.0.0+g1` are not.
 * Throws ModelError 400 that says what is wrong and what to write.
 */
export function readVersion(text: string): Version {
  const version = read(text);
  if (version === undefined) throw new ModelError(400, problemOf(text));
  return version;
}

/** Parses `X.Y.Z[-PRE][+BUILD]` by the rules of semver.org. Undefined for anything else. */
export function readExactVersion(text: string): Version | undefined {
  const match = EXACT.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', pre, build] = match;
  const labels = (part: string | undefined) => part?.split('.') ?? [];
  const version = {
    major: BigInt(major),
    minor: BigInt(minor),
    patch: BigInt(patch),
    pre: labels(pre).map((label) => (/^\d+$/.test(label) ? BigInt(label) : label)),
    build: labels(build),
  };
  const numbers = [version.major, version.minor, version.patch, ...version.pre];
  const tooLarge = numbers.some((number) => typeof number === 'bigint' && number > LARGEST);
  const padded = labels(pre).some((label) => /^0\d+$/.test(label));
  const empty = [...labels(pre), ...labels(build)].includes('');
  return tooLarge || padded || empty ? undefined : version;
}

/** Compares by the rules of semver.org: below 0 when `a` is the earlier version, above 0 when it is the later one. */
export function compareVersions(a: Version, b: Version): number {
  const numbers = order(a.major, b.major) || order(a.minor, b.minor) || order(a.patch, b.patch);
  if (numbers !== 0) return numbers;
  // A pre-release comes before its release.
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length;
  for (const [at, label] of a.pre.entries()) {
    const other = b.pre[at];
    if (other === undefined) return 1;
    const labels = compareLabels(label, other);
    if (labels !== 0) return labels;
  }
  return a.pre.length - b.pre.length;
}

function compareLabels(a: bigint | string, b: bigint | string): number {
  if (typeof a === typeof b) return order(a, b);
  return typeof a === 'bigint' ? -1 : 1;
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function read(text: string): Version | undefined {
  const parts = partsOf(text);
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) return undefined;
  while (parts.length < 3) parts.push('0');
  return readExactVersion(parts.join('.'));
}

/** Up to three dotted parts, split as the endpoint's parser does. */
function partsOf(text: string): string[] {
  const [major = '', minor, ...rest] = text.trim().replace(/^v/, '').split('.');
  const parts = [
    major,
    ...(minor === undefined ? [] : [minor]),
    ...(rest.length === 0 ? [] : [rest.join('.')]),
  ];
  return parts.map((part) => (part.length > 1 ? part.replace(/^0/, '') : part));
}

function problemOf(text: string): string {
  const shown = JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);
  const better = `write ${correction(text)}`;
  const [, , third] = partsOf(text);
  const why =
    third !== undefined && /^[+-]/.test(third)
      ? 'it reads a third number of 0 with something after it as empty'
      : 'it reads vX.Y.Z, vX.Y.Z-PRE, vX.Y.Z+BUILD and vX.Y.Z-PRE+BUILD, where PRE and BUILD are letters, digits and hyphens with dots between';
  return `${shown} is not a version that an endpoint takes: ${why}; ${better}`;
}

/** The nearest version that an endpoint accepts, with and without a suffix. */
function correction(text: string): string {
  const match = /^\D{0,9}(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(.{0,60})$/s.exec(text.trim());
  const [, major = '1', minor = '0', third = '0', suffix = ''] = match ?? [];
  const [pre = '', ...builds] = suffix.replace(/^[^+-]+/, '').split('+');
  const labels = (part: string) =>
    part
      .split(/[^0-9A-Za-z-]+/)
      .filter((label) => label !== '')
      .map((label) => (/^\d+$/.test(label) ? String(BigInt(label)) : label))
      .join('.');
  const after = labels(pre.replace(/^-/, ''));
  const build = labels(builds.join('.'));
  const tail = `${after && `-${after}`}${build && `+${build}`}`;
  const patch = Number(third) === 0 && tail !== '' ? 1 : Number(third);
  return `v${Number(major)}.${Number(minor)}.${patch}${tail}`;
}
