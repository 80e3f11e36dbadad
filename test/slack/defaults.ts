import { load } from 'js-yaml';
import { contentYamlString, type Params } from '../../content/slack.generated.ts';

const pack = load(contentYamlString) as {
  sections: { params: Record<string, { Schema: { default?: unknown } }> };
};

/** What a plugin gets for params that are not set: the wrapper fills in the defaults of the pack. */
export const DEFAULTS = Object.fromEntries(
  Object.entries(pack.sections.params).flatMap(([name, { Schema }]) =>
    Schema.default === undefined ? [] : [[name, Schema.default]],
  ),
) as unknown as Params;
