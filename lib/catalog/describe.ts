import { isObject, META_FIELDS, parseJson, type RawModel } from '../models/index.ts';
import { inheritedEnvironment, runChild } from '../process/index.ts';
import { keyText, readYaml } from '../yaml/index.ts';

/** Information that an executable gives about itself. */
export interface Description {
  name: string;
  version: string;
  /** Meta data of its content pack. */
  meta: Record<string, string>;
}

const DEFINE_MS = 60_000;

/** Meta data of a pack that a catalog includes. */
const REPEATED = META_FIELDS.filter(
  (field) => !['Documentation', 'Source', 'Type', 'Version'].includes(field),
);

/**
 * Runs `define` of a provider like endpoints do. Undefined for a file that is not a provider, or is for another
 * platform.
 */
export async function describe(file: string, signal: AbortSignal): Promise<Description | undefined> {
  const env = { ...inheritedEnvironment(), RS_TOKEN: 'catalog' };
  const { how, code, stdout } = await runChild(file, ['define'], { env, timeLimitMs: DEFINE_MS, signal });
  if (how !== 'exit' || code !== 0) return undefined;
  try {
    const definition = parseJson(stdout);
    if (!isObject(definition) || typeof definition.PluginVersion !== 'number') return undefined;
    const { Name, Version, Content } = definition;
    if (typeof Name !== 'string') return undefined;
    const content = typeof Content === 'string' ? readYaml(Content) : undefined;
    const meta = isObject(content) && isObject(content.meta) ? content.meta : {};
    return { name: Name, version: String(Version ?? ''), meta: repeated({ ...meta, Name }) };
  } catch {
    return undefined;
  }
}

/** The meta data of a pack that a catalog includes. */
export function repeated(meta: RawModel): Record<string, string> {
  const fields = REPEATED.map((field) => [field, keyText(meta[field]) ?? ''] as const);
  return Object.fromEntries(fields.filter(([, text]) => text !== ''));
}
