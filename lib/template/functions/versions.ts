import { RE2JS } from 're2js';
import { type Callable, FunctionError, Int, Structure, type Value } from '../values/value.ts';
import { type Functions, fn } from './define.ts';

// By the rules of the package Masterminds/semver. Ranges of Prerequisites have other rules: see lib/models.

const PART = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(`^v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:-(${PART}))?(?:\\+(${PART}))?$`);
const UINT64 = (1n << 64n) - 1n;

interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  readonly prerelease: string;
  readonly metadata: string;
  readonly original: string;
}

export const VERSIONS: Functions = {
  semver: fn(['string'], '*semver.Version', (text) => versionValue(readVersion(text))),
  semverCompare: fn(['string', 'string'], 'bool', (constraint, text) => {
    const alternatives = readConstraint(constraint);
    const version = readVersion(text);
    return alternatives.some((comparisons) => comparisons.every((comparison) => holds(version, comparison)));
  }),
};

function readVersion(text: string): Version {
  const match = VERSION.exec(text);
  if (match === null) throw new FunctionError('Invalid Semantic Version');
  const [, major = '0', minor = '0', patch = '0', prerelease = '', metadata = ''] = match;
  if (prerelease.split('.').some((part) => /^0\d+$/.test(part)))
    throw new FunctionError('Version segment starts with 0');
  return {
    major: segment(major),
    minor: segment(minor),
    patch: segment(patch),
    prerelease,
    metadata,
    original: text,
  };
}

function segment(text: string): bigint {
  const value = BigInt(text);
  if (value <= UINT64) return value;
  throw new FunctionError(
    `Error parsing version segment: strconv.ParseUint: parsing "${text}": value out of range`,
  );
}

function versionText({ major, minor, patch, prerelease, metadata }: Version): string {
  return `${major}.${minor}.${patch}${prerelease === '' ? '' : `-${prerelease}`}${metadata === '' ? '' : `+${metadata}`}`;
}

const VERSIONS_OF = new WeakMap<Structure, Version>();

function versionValue(version: Version, type = '*semver.Version'): Structure {
  const { major, minor, patch, prerelease, metadata, original } = version;
  const prefix = original.startsWith('v') ? 'v' : '';
  const increased = (next: Omit<Version, 'original' | 'prerelease' | 'metadata'>): Callable =>
    fn([], 'semver.Version', () => {
      const plain = { ...next, prerelease: '', metadata: '', original: '' };
      return versionValue({ ...plain, original: prefix + versionText(plain) }, 'semver.Version');
    });
  const compared = (test: (order: number) => Value): Callable => ({
    parameters: ['*semver.Version'],
    result: 'bool',
    call: (_work, [other]) => {
      const known = other instanceof Structure ? VERSIONS_OF.get(other) : undefined;
      return known === undefined ? false : test(compareVersions(version, known));
    },
  });
  const structure = new Structure(
    type,
    new Map<string, Callable>([
      ['Major', fn([], 'uint64', () => new Int(major, 'uint64'))],
      ['Minor', fn([], 'uint64', () => new Int(minor, 'uint64'))],
      ['Patch', fn([], 'uint64', () => new Int(patch, 'uint64'))],
      ['Prerelease', fn([], 'string', () => prerelease)],
      ['Metadata', fn([], 'string', () => metadata)],
      ['Original', fn([], 'string', () => original)],
      ['String', fn([], 'string', () => versionText(version))],
      ['IncMajor', increased({ major: major + 1n, minor: 0n, patch: 0n })],
      ['IncMinor', increased({ major, minor: minor + 1n, patch: 0n })],
      ['IncPatch', increased({ major, minor, patch: prerelease === '' ? patch + 1n : patch })],
      ['Compare', compared((order) => new Int(order))],
      ['Equal', compared((order) => order === 0)],
      ['LessThan', compared((order) => order < 0)],
      ['GreaterThan', compared((order) => order > 0)],
    ]),
    { text: () => versionText(version) },
  );
  VERSIONS_OF.set(structure, version);
  return structure;
}

function compareVersions(one: Version, other: Version): number {
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (one[part] !== other[part]) return one[part] < other[part] ? -1 : 1;
  }
  if (one.prerelease === other.prerelease) return 0;
  if (one.prerelease === '') return 1;
  if (other.prerelease === '') return -1;
  return comparePrereleases(one.prerelease.split('.'), other.prerelease.split('.'));
}

function comparePrereleases(one: readonly string[], other: readonly string[]): number {
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const [mine, theirs] = [one[index] ?? '', other[index] ?? ''];
    if (mine === theirs) continue;
    if (mine === '' || theirs === '') return mine === '' ? -1 : 1;
    const [mineIsNumber, theirsIsNumber] = [/^\d+$/.test(mine), /^\d+$/.test(theirs)];
    if (mineIsNumber && theirsIsNumber) return BigInt(mine) > BigInt(theirs) ? 1 : -1;
    if (mineIsNumber !== theirsIsNumber) return mineIsNumber ? -1 : 1;
    return mine > theirs ? 1 : -1;
  }
  return 0;
}

interface Comparison {
  readonly operator: string;
  readonly version: Version;
  /** Which part of the version is a wildcard, as in `1.x`: any, the second, or the third. */
  readonly dirty: boolean;
  readonly minorDirty: boolean;
  readonly patchDirty: boolean;
}

const OPERATOR = '=|!=|>=|=>|<=|=<|>|<|~>|~|\\^|';
const NUMBER = '[0-9|xX*]+';
const PATTERN = `v?(${NUMBER})(\\.${NUMBER})?(\\.${NUMBER})?(-${PART})?(?:\\+${PART})?`;
const UNGROUPED = PATTERN.replace(/\((?!\?)/g, '(?:');
const ONE = new RegExp(`^\\s*(${OPERATOR})\\s*${PATTERN}\\s*$`);
const EACH = new RegExp(`(?:${OPERATOR})\\s*${UNGROUPED}`, 'g');
// A linear-time engine, since there are many ways to split blanks between the parts, and JavaScript's would try all.
const ALL = `^\\s*(?:${OPERATOR})\\s*${UNGROUPED}\\s*(?:(?:\\s+|,\\s*)(?:${OPERATOR})\\s*${UNGROUPED}\\s*)*$`;
const HYPHEN = new RegExp(`\\s*(${UNGROUPED})\\s+-\\s+(${UNGROUPED})\\s*`, 'g');
const LONGEST = 1000;

/** Parses alternatives (`||`) of comparisons that must all hold. */
function readConstraint(text: string): Comparison[][] {
  if (text.length > LONGEST) throw new FunctionError(`improper constraint: longer than ${LONGEST} bytes`);
  const rewritten = text.replace(HYPHEN, (_, low: string, high: string) => `>= ${low}, <= ${high}`);
  return rewritten.split('||').map((alternative) => {
    if (!RE2JS.compile(ALL).matcher(alternative).find())
      throw new FunctionError(`improper constraint: ${alternative}`);
    return (alternative.match(EACH) ?? [alternative]).map(readComparison);
  });
}

function readComparison(text: string): Comparison {
  const match = ONE.exec(text);
  if (match === null) throw new FunctionError(`improper constraint: ${text}`);
  const [, operator = '', major = '', minor = '', patch = '', prerelease = ''] = match;
  const open = (part: string) => /^\.?[xX*]?$/.test(part);
  const dirty = open(major) || open(minor) || open(patch);
  const minorDirty = !open(major) && open(minor);
  const patchDirty = !open(major) && !open(minor) && open(patch);
  const numbers = open(major)
    ? '0.0.0'
    : minorDirty
      ? `${major}.0.0`
      : `${major}${minor}${patchDirty ? '.0' : patch}`;
  try {
    return { operator, version: readVersion(numbers + prerelease), dirty, minorDirty, patchDirty };
  } catch {
    throw new FunctionError('constraint Parser Error');
  }
}

function holds(version: Version, comparison: Comparison): boolean {
  const { operator, version: limit, dirty, minorDirty, patchDirty } = comparison;
  const order = compareVersions(version, limit);
  if (operator === '!=') return differs(version, comparison, order);
  // A range includes a pre-release only if it names one.
  if (version.prerelease !== '' && limit.prerelease === '') return false;
  switch (operator) {
    case '>':
      if (!dirty) return order > 0;
      if (version.major !== limit.major) return version.major > limit.major;
      if (minorDirty) return false;
      return patchDirty ? version.minor > limit.minor : order > 0;
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      if (!dirty) return order <= 0;
      return (
        version.major <= limit.major &&
        !(version.major === limit.major && version.minor > limit.minor && !minorDirty)
      );
    case '~':
    case '~>':
      return inTilde(version, comparison, order);
    case '^':
      return inCaret(version, comparison, order);
    default:
      return dirty ? inTilde(version, comparison, order) : order === 0;
  }
}

function differs(
  version: Version,
  { version: limit, dirty, minorDirty, patchDirty }: Comparison,
  order: number,
): boolean {
  if (!dirty) return order !== 0;
  if (version.prerelease !== '' && limit.prerelease === '') return false;
  if (version.major !== limit.major) return true;
  if (version.minor !== limit.minor && !minorDirty) return true;
  if (minorDirty) return false;
  if (version.patch !== limit.patch && !patchDirty) return true;
  if (patchDirty) return comparePrereleases(version.prerelease.split('.'), limit.prerelease.split('.')) !== 0;
  return order !== 0;
}

function inTilde(
  version: Version,
  { version: limit, minorDirty, patchDirty }: Comparison,
  order: number,
): boolean {
  if (order < 0) return false;
  const isZero = limit.major === 0n && limit.minor === 0n && limit.patch === 0n;
  if (isZero && !minorDirty && !patchDirty) return true;
  return version.major === limit.major && (version.minor === limit.minor || minorDirty);
}

function inCaret(
  version: Version,
  { version: limit, minorDirty, patchDirty }: Comparison,
  order: number,
): boolean {
  if (order < 0) return false;
  if (limit.major > 0n || minorDirty) return version.major === limit.major;
  if (version.major > 0n) return false;
  if (limit.minor > 0n || patchDirty) return version.minor === limit.minor;
  return version.minor === 0n && version.patch === limit.patch;
}
