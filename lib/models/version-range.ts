import { ModelError } from './error.ts';
import { compareVersions, readExactVersion, readVersion, type Version } from './version.ts';

/** Tests whether a version lies in a range. */
export type VersionRange = (version: Version) => boolean;

const OPERATORS: Readonly<Record<string, (order: number) => boolean>> = {
  '': (order) => order === 0,
  '=': (order) => order === 0,
  '==': (order) => order === 0,
  '!': (order) => order !== 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/**
 * Parses a range of versions as dr-provision does (ParseRange of gofunky/semver): comparisons with `X.Y.Z`, a blank
 * between those that must all hold, ` || ` between alternatives, and `x` for the last number. Some forms have the same
 * unexpected meaning as there: `1.0.0 - 2.0.0` and `!1.x` match no version, `1.x.x` only 1.0, and `~1.x` only 1.0.0.
 * Throws ModelError 400 that names the invalid comparison.
 */
export function readVersionRange(text: string): VersionRange {
  const alternatives = alternativesOf(text).map((comparisons) => comparisons.flatMap(rangesOf));
  return (version) => alternatives.some((ranges) => ranges.every((range) => range(version)));
}

/** A content pack that another requires. */
export interface Prerequisite {
  readonly name: string;
  /** A range for `readVersionRange`. */
  readonly requirement: string;
}

/** Parses the Prerequisites of a content pack: `one: >=1.0.0 <2.0.0 || >3.0.0, two`. */
export function prerequisitesIn(text: string): Prerequisite[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== '')
    .map((entry) => {
      const colon = entry.indexOf(':');
      if (colon === -1) return { name: entry, requirement: '>=0.0.0' };
      return { name: entry.slice(0, colon).trim(), requirement: entry.slice(colon + 1).trim() };
    });
}

/**
 * The version of a content pack as dr-provision compares it with Prerequisites: without pre-release; 0.0.0 when it is
 * empty. Throws ModelError 400.
 */
export function prerequisiteVersion(text: string): Version {
  const [release = ''] = text.split('-', 1);
  return readVersion(release === '' ? '0.0.0' : release);
}

/** The comparisons of each alternative. Words of one character are ignored, as in gofunky/semver. */
function alternativesOf(text: string): string[][] {
  const words = text
    .trim()
    .replace(/([<>=]) +/g, '$1')
    .split(' ');
  const alternatives: string[][] = [[]];
  for (const word of words.filter(({ length }) => length > 1)) {
    if (word === '||') alternatives.push([]);
    else alternatives.at(-1)?.push(word);
  }
  if (alternatives.some(({ length }) => length === 0)) {
    const where = alternatives.length > 1 ? ' on each side of ||' : '';
    throw invalid(text, `expected a comparison such as >=1.0.0${where}`);
  }
  return alternatives;
}

/** The ranges of one comparison. All of them must match. */
function rangesOf(comparison: string): VersionRange[] {
  const start = comparison.search(/\p{Nd}/u);
  const operator = start === -1 ? comparison : comparison.slice(0, start);
  const version = start === -1 ? '' : comparison.slice(start);
  if (!comparison.includes('x')) return [rangeOf(comparison, operator, version)];
  const { first, next } = wildcard(version);
  const range = (operator: string, version: string | undefined) => rangeOf(comparison, operator, version);
  switch (operator) {
    case '':
    case '=':
    case '==':
      return [range('>=', first), range('<', next)];
    case '!':
    case '!=':
      return [range('<', first), range('>=', next)];
    case '>':
      return [range('>=', next)];
    case '<=':
      return [range('<', next)];
    case '>=':
    case '<':
      return [range(operator, first)];
    default:
      return [range('', first)];
  }
}

/**
 * The first version that a version with `x` matches, and the first one after those; undefined when there is no upper
 * bound.
 */
function wildcard(text: string): { first: string; next: string | undefined } {
  const flat = text.replace('.x.x', '.x').replace('.x', '.0');
  const numbers = flat.split('.');
  const first = numbers.length === 2 ? `${flat}.0` : flat;
  const parts = text.split('.');
  const raised = parts.at(-1) === 'x' ? parts.length - 2 : -1;
  const number = raised <= 1 ? numbers[raised] : undefined;
  if (number === undefined || !/^\d+$/.test(number)) return { first, next: undefined };
  const next = first.split('.').with(raised, String(BigInt(number) + 1n));
  return { first, next: next.join('.') };
}

function rangeOf(comparison: string, operator: string, text: string | undefined): VersionRange {
  const holds = OPERATORS[operator];
  if (holds === undefined) {
    const known = Object.keys(OPERATORS).filter((name) => name !== '');
    throw invalid(comparison, `expected a version after one of ${known.join(' ')} or nothing`);
  }
  const limit = text === undefined ? undefined : readExactVersion(text);
  if (limit === undefined) throw invalid(comparison, `expected ${operator}X.Y.Z with all three numbers`);
  return (version) => holds(compareVersions(version, limit));
}

function invalid(text: string, expected: string): ModelError {
  return new ModelError(400, `${JSON.stringify(text.slice(0, 60))} is not a range of versions: ${expected}`);
}
