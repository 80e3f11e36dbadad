import {
  DEFAULT_SCALAR_STYLE_RULES,
  DUMP_SCHEMA,
  defineScalarTag,
  dump,
  NOT_RESOLVED,
  SCALAR_STYLE,
  type ScalarStyleRule,
  strTag,
} from 'js-yaml';
import { plainScalar } from './scalar.ts';

const [dumpFloat] = DUMP_SCHEMA.tags.filter((tag) => tag.tagName === `tag:yaml.org,2002:float`);
if (dumpFloat?.nodeKind !== 'scalar') throw new TypeError('js-yaml has no float tag');

/** Parsers differ on too large numbers: strings to some, infinite to others. */
const EXPONENT = /^[-+.\d][\d_.]*[eE][-+]?\d+$/;

/** Parsers differ on dates, also on invalid ones. */
const DATE = /^\d{4}-\d/;

function isAmbiguous(source: string): boolean {
  return source === '=' || plainScalar(source) !== source || EXPONENT.test(source) || DATE.test(source);
}

/**
 * Writes YAML that YAML 1.1, go-yaml and YAML 1.2 read alike: strings that one of them would read as another type are
 * quoted, and floats with an exponent have a fraction.
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

/** `value` as YAML with sorted keys. Equal values give equal bytes. `quotes: 'go'` selects go-yaml's quoting. */
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

/** Double quotes for strings that would be read as another type; single ones (the default) for special characters. */
const quoteAsGo: ScalarStyleRule = (layout) => {
  const { tag, value } = layout.node;
  if (tag !== strTag.tagName || layout.style !== SCALAR_STYLE.PLAIN || !isAmbiguous(value)) return;
  layout.style = SCALAR_STYLE.DOUBLE_QUOTED;
};
