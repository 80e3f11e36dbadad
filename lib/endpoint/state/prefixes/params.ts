import { isObject, type RawModel } from '../../../models/index.ts';
import { compileSchema, schemaDefect, schemaProblems } from '../schema.ts';
import { COMMON, invalid, NAME, PARAM_NAME, type Prefix } from './prefix.ts';

export const PLUGIN_FIELDS = {
  ...COMMON,
  Partial: false,
  Name: '',
  Description: '',
  Documentation: '',
  Params: {},
  Provider: '',
  PluginErrors: [],
};

/** Params, and the object types that carry them, except machines and stages. */
export const PARAM_PREFIXES: Readonly<Record<string, Prefix>> = {
  params: {
    key: 'Name',
    name: { pattern: PARAM_NAME, refusal: 'Invalid Name' },
    fields: { ...COMMON, Name: '', Description: '', Documentation: '', Secure: false, Schema: null },
    check: checkParam,
  },
  plugins: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: PLUGIN_FIELDS,
    check: ({ Provider, Params }) => [
      ...invalid('Invalid Provider', Provider, NAME),
      ...invalid('Invalid Param Name', Object.keys(Params as RawModel), PARAM_NAME),
    ],
  },
  profiles: {
    key: 'Name',
    name: { pattern: NAME, refusal: 'Invalid Name' },
    fields: {
      ...COMMON,
      Partial: false,
      Name: '',
      Description: '',
      Documentation: '',
      Params: {},
      Profiles: [],
    },
    check: ({ Params, Profiles }) => [
      ...invalid('Invalid Param Name', Object.keys(Params as RawModel), PARAM_NAME),
      ...invalid('Invalid Profile Name', Profiles, NAME),
    ],
    missing: ({ Profiles }, store) =>
      (Profiles as string[]).flatMap((profile, at) =>
        store.exists('profiles', profile) ? [] : [`Profile ${profile} (at ${at}) does not exist`],
      ),
  },
};

/** Problems of a param: an invalid schema, or a default that does not match it. */
function checkParam({ Schema }: RawModel): string[] {
  if (Schema === null) return [];
  if (!isObject(Schema)) return ['Schema: expected an object'];
  const defect = schemaDefect(Schema);
  if (defect !== undefined) return [defect];
  const validate = 'default' in Schema ? compileSchema(Schema) : undefined;
  if (validate === undefined) return [];
  return schemaProblems(validate, Schema.default).map((problem) => `Error in default value: ${problem}`);
}
