import {
  ModelError,
  prerequisitesIn,
  prerequisiteVersion,
  type RawModel,
  readVersionRange,
} from '../../models/index.ts';
import { FEATURES } from './features.ts';

/** Meta data of the loaded packs, by name. */
export type Layers = ReadonlyMap<string, RawModel>;

/**
 * Why dr-provision would refuse a pack, in its words and with what to do: its version is invalid, or a required feature
 * or pack is missing or has another version. `layers` are the loaded packs, including this one.
 */
export function requirementProblems(meta: RawModel, layers: Layers): string[] {
  const name = String(meta.Name);
  return [
    ...versionProblems(name, meta),
    ...featureProblems(name, meta),
    ...prerequisiteProblems(name, meta, layers),
  ];
}

/** Which of the remaining packs would miss the pack `required`. */
export function dependentProblems(required: string, layers: Layers): string[] {
  return [...layers].flatMap(([name, meta]) => {
    const isNeeded = prerequisitesIn(textOf(meta.Prerequisites)).some((entry) => entry.name === required);
    return isNeeded ? prerequisiteProblems(name, meta, layers, required) : [];
  });
}

function versionProblems(name: string, meta: RawModel): string[] {
  return problemOf(() => prerequisiteVersion(textOf(meta.Version))).map(
    (problem) => `Layer ${name}: invalid version ${textOf(meta.Version)}: ${problem}`,
  );
}

function featureProblems(name: string, meta: RawModel): string[] {
  const wanted = textOf(meta.RequiredFeatures)
    .split(',')
    .map((feature) => feature.trim())
    .filter((feature) => feature !== '');
  return wanted
    .filter((feature) => !FEATURES.includes(feature.toLowerCase()))
    .map((feature) => {
      const advice = `it provides ${FEATURES.join(', ')}`;
      return `Content layer ${name} requires feature ${feature}, but dr-provision does not provide it: ${advice}`;
    });
}

function prerequisiteProblems(name: string, meta: RawModel, layers: Layers, only?: string): string[] {
  const text = textOf(meta.Prerequisites);
  const wanted = prerequisitesIn(text).filter((entry) => only === undefined || entry.name === only);
  return wanted.flatMap(({ name: required, requirement }) => {
    const bad = problemOf(() => readVersionRange(requirement));
    if (bad.length > 0)
      return bad.map((problem) => `Layer ${name}: error parsing prerequisites ${text}: ${problem}`);
    const other = layers.get(required);
    if (other === undefined) {
      const advice = `upload ${required} first (${requirement})`;
      return [`Layer ${name} has ${required} as a prerequisite, but ${required} does not exist! ${advice}`];
    }
    const version = textOf(other.Version) || '0.0.0';
    const fits = problemOf(() => prerequisiteVersion(version)).length === 0 && holds(requirement, version);
    const advice = `${required} is ${version}, and ${requirement} is required`;
    return fits ? [] : [`Layer ${name} prerequisite test on ${required} failed: ${advice}`];
  });
}

function holds(requirement: string, version: string): boolean {
  return readVersionRange(requirement)(prerequisiteVersion(version));
}

function problemOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ModelError) return error.messages;
    throw error;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
