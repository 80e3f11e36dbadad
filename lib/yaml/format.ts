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
