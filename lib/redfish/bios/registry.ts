import { at, isResource, linkAt, listAt, type Resource, textAt } from '../../https/index.ts';
import { foreign, foreignPath, own, say } from '../../models/index.ts';
import { isFound, type Service } from '../service.ts';
import { ROOT } from '../service-root.ts';
import { type Dependency, dependencyIn } from './dependencies.ts';

const TYPES = ['Enumeration', 'String', 'Integer', 'Boolean', 'Password'] as const;

export type AttributeType = (typeof TYPES)[number];

/** An attribute in a registry (schema AttributeRegistry). */
export interface Attribute {
  name: string;
  type: AttributeType;
  /** Allowed values of an enumeration. */
  values: readonly string[];
  lowerBound: number | undefined;
  upperBound: number | undefined;
  /** Difference between two valid integers. */
  step: number | undefined;
  minLength: number | undefined;
  maxLength: number | undefined;
  /** Regular expression for strings. */
  expression: string | undefined;
  fallback: unknown;
  /** Whether the attribute can never be changed. */
  isFixed: boolean;
  isGrayOut: boolean;
  isHidden: boolean;
  /** False: a change takes effect without a reboot. */
  needsReset: boolean;
}

/** The attributes of a BIOS by name, and the dependencies between them. */
export interface Registry {
  attributes: ReadonlyMap<string, Attribute>;
  dependencies: readonly Dependency[];
}

/**
 * The registry that a BIOS names, in English if available (DSP0266, Registries). Undefined when it cannot be read: then
 * only values are known, and the log says why.
 */
export async function readRegistry(service: Service, id: string): Promise<Registry | undefined> {
  const links = linkAt(service.root, 'Registries') ?? `${ROOT}Registries`;
  const wanted = id.trim().toLowerCase();
  try {
    const { links: members } = await service.memberLinks(links);
    // URIs mostly end with the Id. Trying these first avoids reading up to a hundred registries.
    const likely = members.filter((link) => link.toLowerCase().replace(/\/$/, '').endsWith(`/${wanted}`));
    for (const candidates of likely.length > 0 ? [likely, members] : [members]) {
      const files = (await service.getEach(candidates)).filter(isFound);
      const file = files.find(({ resource }) => isNamed(resource, wanted));
      if (file === undefined) continue;
      const uri = englishUri(file.resource);
      if (uri === undefined) break;
      return registryIn((await service.get(uri)).resource);
    }
    service.warn(say`has no attribute registry ${foreign(id)}: what values are allowed is not known`);
  } catch (error) {
    service.signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    service.warn(
      say`${foreignPath(links)}: the attribute registry ${foreign(id)} cannot be read: ${own(why)}`,
    );
  }
  return undefined;
}

function isNamed(file: Resource, wanted: string): boolean {
  return ['Id', 'Registry'].some((field) => textAt(file, field)?.trim().toLowerCase() === wanted);
}

/** The URI of the first English location; else that of the default language, or any. */
function englishUri(file: Resource): string | undefined {
  const locations = listAt(file, 'Location').filter(isResource);
  const language = (location: Resource) => textAt(location, 'Language')?.toLowerCase() ?? '';
  const isEnglish = (location: Resource) =>
    language(location) === 'en' || language(location).startsWith('en-');
  const best =
    locations.find(isEnglish) ?? locations.find((one) => language(one) === 'default') ?? locations[0];
  if (best === undefined) return undefined;
  const uri = textAt(best, 'Uri') ?? linkAt(best, 'Uri');
  return uri === '' ? undefined : uri;
}

/** Parses a registry. Invalid entries are left out. */
export function registryIn(resource: Resource): Registry {
  const entries = listAt(resource, 'RegistryEntries', 'Attributes').filter(isResource);
  const attributes = entries.map(attributeIn).filter((attribute) => attribute !== undefined);
  const dependencies = listAt(resource, 'RegistryEntries', 'Dependencies').map(dependencyIn);
  return {
    attributes: new Map(attributes.map((attribute) => [attribute.name, attribute])),
    dependencies: dependencies.filter((dependency) => dependency !== undefined),
  };
}

function attributeIn(entry: Resource): Attribute | undefined {
  const name = textAt(entry, 'AttributeName');
  const type = TYPES.find((known) => known === textAt(entry, 'Type'));
  if (name === undefined || type === undefined) return undefined;
  const number = (field: string) => {
    const value = at(entry, field);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  };
  const flag = (field: string) => at(entry, field) === true;
  return {
    name,
    type,
    values: listAt(entry, 'Value')
      .map((value) => textAt(value, 'ValueName'))
      .filter((value) => value !== undefined),
    lowerBound: number('LowerBound'),
    upperBound: number('UpperBound'),
    step: number('ScalarIncrement') || undefined,
    minLength: number('MinLength'),
    // Some give 0 for no limit.
    maxLength: number('MaxLength') || undefined,
    expression: textAt(entry, 'ValueExpression') || undefined,
    fallback: at(entry, 'DefaultValue') ?? undefined,
    isFixed: flag('ReadOnly') || flag('Immutable'),
    isGrayOut: flag('GrayOut'),
    isHidden: flag('Hidden'),
    needsReset: at(entry, 'ResetRequired') !== false,
  };
}
