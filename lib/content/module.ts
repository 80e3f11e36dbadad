import { isObject } from '../models/index.ts';
import { formatYaml } from '../yaml/index.ts';
import type { Bundle, ContentObject } from './bundle.ts';
import { docComment, schemaType } from './schema-type.ts';

/**
 * The source of the TypeScript module that embeds a content pack. It exports `contentYamlString`, and the type
 * `Params`, which maps the names of the pack's params to the types of their values.
 *
 * A param with a default is required in `Params`, since the endpoint fills it in; others are optional.
 */
export function contentModule(bundle: Bundle): string {
  const params = Object.entries(bundle.sections.params ?? {});
  return `// Generated from a content pack. Do not edit.

/** The params that this content pack defines. */
export interface Params {
${params.map(([name, param]) => paramMember(name, param)).join('')}}

/** The content pack as YAML. Its type says which params it has. */
export const contentYamlString: string & { readonly length: number; readonly $params?: Params } = ${quote(formatYaml(bundle))};
`;
}

function paramMember(name: string, { Description, Documentation, Schema, Secure }: ContentObject): string {
  const schema = isObject(Schema) ? Schema : {};
  const hasDefault = 'default' in schema;
  const about = [Description, Documentation].map((text) => (typeof text === 'string' ? text.trim() : ''));
  if (hasDefault && Secure !== true) about.push(`@default ${JSON.stringify(schema.default)}`);
  const comment = docComment(about.filter((text) => text !== '').join('\n\n'), '  ');
  return `${comment}  ${quote(name)}${hasDefault ? '' : '?'}: ${schemaType(schema, '  ')};\n`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
