import type { ErrorObject } from 'ajv';
import { isPlainSchema, UNIQUE_ITEMS } from '../models/index.ts';
import type { Bundle } from './bundle.ts';
import { type Origins, originOf } from './origins.ts';
import type { Problems } from './problem.ts';

/**
 * Keywords whose values `isPlainSchema` checks completely. Schemas with only these need no Ajv, which takes longer to
 * load than a small pack to bundle.
 */
const PLAIN: ReadonlySet<string> = new Set(['title', 'description', 'type', 'enum', 'minimum', 'maximum']);

function isPlain(schema: unknown): boolean {
  if (schema === undefined || schema === null) return true;
  return isPlainSchema(schema) && Object.keys(schema).every((keyword) => PLAIN.has(keyword));
}

/** Checks that the Schema of each param is JSON Schema draft 4, and warns of defaults that it refuses. */
export async function checkSchemas(bundle: Bundle, origins: Origins, problems: Problems): Promise<void> {
  const params = Object.entries(bundle.sections.params ?? {}).filter(([, { Schema }]) => !isPlain(Schema));
  if (params.length === 0) return;
  const { default: Ajv } = await import('ajv-draft-04');
  // Endpoints accept formats and keywords that Ajv does not know. Formats are accepted here; unknown keywords get a
  // warning, since most are misspelt. Schemas with equal ids may occur, so Ajv keeps none. Messages contain no values:
  // a default may be a secret.
  const unknown = new Set<string>();
  const warn = (message: string) => {
    const [, keyword] = /^strict mode: unknown keyword: "(.*)"$/s.exec(message) ?? [];
    if (keyword !== undefined) unknown.add(keyword);
  };
  const ajv = new Ajv.default({
    strict: false,
    strictSchema: 'log',
    logger: { log: () => {}, warn, error: () => {} },
    validateFormats: false,
    addUsedSchema: false,
    // Checked below, where the error is reported.
    validateSchema: false,
  });
  ajv.removeKeyword(UNIQUE_ITEMS.keyword).addKeyword(UNIQUE_ITEMS);
  for (const [key, { Schema }] of params) {
    const origin = originOf(origins, 'params', key);
    if (typeof Schema !== 'object' || Schema === null || Array.isArray(Schema)) {
      problems.error(origin, ['Schema'], 'must be an object');
      continue;
    }
    try {
      if (!isPlainSchema(Schema) && ajv.validateSchema(Schema) !== true) {
        const [place, text] = explained(ajv.errors, ['Schema'], 'is no JSON Schema of draft 4');
        problems.error(origin, place, text);
        continue;
      }
      unknown.clear();
      const validate = ajv.compile(Schema);
      for (const keyword of unknown) {
        problems.warning(
          origin,
          ['Schema'],
          `${keyword} is not a keyword of JSON Schema draft 4 and has no effect`,
        );
      }
      if ('default' in Schema && !validate(Schema.default)) {
        const [place, text] = explained(
          validate.errors,
          ['Schema', 'default'],
          'is refused by its own schema',
        );
        problems.warning(origin, place, text);
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.error(origin, ['Schema'], `is no JSON Schema of draft 4: ${reason}`);
    }
  }
}

/** The position of the first error in the value at `base`, and `text` with its reason. */
function explained(
  errors: readonly ErrorObject[] | null | undefined,
  base: readonly string[],
  text: string,
): [string[], string] {
  const [first] = errors ?? [];
  const allowed: unknown = first?.keyword === 'enum' ? first.params.allowedValues : undefined;
  const which = Array.isArray(allowed)
    ? ` (${allowed.map((value) => JSON.stringify(value)).join(', ')})`
    : '';
  const inside = (first?.instancePath ?? '').split('/').slice(1).map(unescapePointer);
  return [[...base, ...inside], `${text}: ${first?.message ?? 'it does not fit'}${which}`];
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
