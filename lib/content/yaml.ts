import {
  binaryTag,
  constructFromEvents,
  DEFAULT_SCALAR_STYLE_RULES,
  DUMP_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  dump,
  mapTag,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  SCALAR_STYLE,
  type ScalarStyleRule,
  Schema,
  seqTag,
  strTag,
  YAMLException,
} from 'js-yaml';
import { keyText } from './key-text.ts';
import type { LineTree } from './line-tree.ts';
import { plainScalar } from './scalar.ts';
import { yamlLines } from './yaml-lines.ts';

const CORE = 'tag:yaml.org,2002:';

function scalarTag(name: string, matches: (value: unknown) => boolean) {
  return defineScalarTag(`${CORE}${name}`, {
    implicit: true,
    resolve: (source) => {
      const value = plainScalar(source);
      return matches(value) ? value : NOT_RESOLVED;
    },
    identify: () => false,
  });
}

/** Mapping keys become text, as JSON wants them. A key that has no text is refused. */
const mapping = {
  create: mapTag.create,
  addPair: (carrier: Record<string, unknown>, key: unknown, value: unknown) => {
    const text = keyText(key);
    if (text === undefined) return 'a key must be text, a number or a boolean';
    return mapTag.addPair(carrier, text, value);
  },
  has: (carrier: Record<string, unknown>, key: unknown) => mapTag.has(carrier, keyText(key)),
  keys: mapTag.keys,
  get: mapTag.get,
  identify: () => false,
};

const sequence = { create: () => [] as unknown[], addItem: seqTag.addItem, identify: () => false };

/**
 * Reads as the endpoint does. Tags beyond the core ones say nothing to it, so that `!foo bar` is the text `bar`.
 */
const READ_SCHEMA = new Schema([
  strTag,
  defineScalarTag(`${CORE}timestamp`, { resolve: (source) => source, identify: () => false }),
  scalarTag('null', (value) => value === null),
  scalarTag('bool', (value) => typeof value === 'boolean'),
  scalarTag('int', (value) => Number.isInteger(value) || typeof value === 'bigint'),
  scalarTag('float', (value) => typeof value === 'number'),
  defineScalarTag(`${CORE}binary`, {
    resolve: (source, isExplicit, tagName) => {
      const bytes = binaryTag.resolve(source, isExplicit, tagName);
      if (typeof bytes === 'symbol') return NOT_RESOLVED;
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        return NOT_RESOLVED;
      }
    },
    identify: () => false,
  }),
  mergeTag,
  defineSequenceTag(`${CORE}seq`, sequence),
  defineMappingTag(`${CORE}map`, mapping),
  // Every other tag: all begin with nothing.
  defineScalarTag('', { matchByTagPrefix: true, resolve: (source) => source, identify: () => false }),
  defineSequenceTag('', { matchByTagPrefix: true, ...sequence }),
  defineMappingTag('', { matchByTagPrefix: true, ...mapping }),
]);

const [dumpFloat] = DUMP_SCHEMA.tags.filter((tag) => tag.tagName === `${CORE}float`);
if (dumpFloat?.nodeKind !== 'scalar') throw new TypeError('js-yaml has no float tag');

/** Readers differ over numbers that are too large: to some they are text, to some infinite. */
const EXPONENT = /^[-+.\d][\d_.]*[eE][-+]?\d+$/;

/** And over dates, also over those that no calendar has. */
const DATE = /^\d{4}-\d/;

function isAmbiguous(source: string): boolean {
  return source === '=' || plainScalar(source) !== source || EXPONENT.test(source) || DATE.test(source);
}

/**
 * Writes what YAML 1.1, go-yaml and YAML 1.2 read alike: text that one of them would take for something else is
 * quoted, and a float in exponent form has a fraction.
 */
const WRITE_SCHEMA = DUMP_SCHEMA.withTags(
  {
    ...dumpFloat,
    represent: (value: number) => dumpFloat.represent(value).replace(/^(-?\d+)\.?e/, '$1.0e'),
  },
  defineScalarTag('!ambiguous', {
    implicit: true,
    resolve: (source) => (isAmbiguous(source) ? source : NOT_RESOLVED),
    identify: () => false,
  }),
);

export { YAMLException };

/**
 * The documents of a YAML text, each as JSON-like data in which mapping keys are strings, and the lines of the
 * fields of the first. Throws YAMLException, which knows the line, for broken YAML and for a key that is there twice.
 */
export function parseYamlSource(text: string): { documents: unknown[]; lines: LineTree } {
  const events = parseEvents(text, {});
  const documents = constructFromEvents(events, { source: text, schema: READ_SCHEMA });
  return { documents, lines: yamlLines(text, events) };
}

/** `value` as a YAML text with sorted keys: equal values give equal bytes. `quotes` is `'go'` for quotes as go-yaml has them. */
export function formatYaml(value: unknown, { quotes }: { quotes?: 'go' } = {}): string {
  const standard = Object.values(DEFAULT_SCALAR_STYLE_RULES);
  return dump(value, {
    schema: WRITE_SCHEMA,
    scalarStyleRules: quotes === 'go' ? [quoteAsGo, ...standard] : standard,
    sortKeys: true,
    noRefs: true,
    lineWidth: -1,
    seqNoIndent: true,
  });
}

/** Double quotes for text that would be something else without; single ones, as by default, for special characters. */
const quoteAsGo: ScalarStyleRule = (layout) => {
  const { tag, value } = layout.node;
  if (tag !== strTag.tagName || layout.style !== SCALAR_STYLE.PLAIN || !isAmbiguous(value)) return;
  layout.style = SCALAR_STYLE.DOUBLE_QUOTED;
};
