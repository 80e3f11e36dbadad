import { isObject } from '../models/index.ts';
import { formatYaml } from '../yaml/index.ts';
import type { Bundle, ContentObject } from './bundle.ts';
import { docComment, schemaType } from './schema-type.ts';

/**
 * The source of the TypeScript module that embeds a content pack. It exports `contentYamlString`, and the type `Params`,
 * which leads from the name of each param that the pack defines to the type of its values.
 *
 * A param with a default is always there for those who ask for it, since the endpoint fills it in; one without is
 * optional.
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
