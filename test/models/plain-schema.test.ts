import assert from 'node:assert/strict';
import { test } from 'node:test';
import draft4 from 'ajv-draft-04';
import { isPlainSchema } from '../../lib/models/index.ts';
import { fc } from '../support/properties.ts';

const ajv = new draft4.default({ strict: false, validateFormats: false });

const keyword = fc.constantFrom(
  ...['id', '$schema', '$ref', 'title', 'default', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minLength'],
  ...['pattern', 'additionalItems', 'items', 'maxItems', 'uniqueItems', 'required', 'additionalProperties'],
  ...['properties', 'dependencies', 'enum', 'type', 'format', 'allOf', 'not', 'x-own', '__proto__'],
);
const { schema } = fc.letrec<{ schema: unknown; value: unknown }>((tie) => ({
  schema: fc.dictionary(keyword, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>('string', 'object', 'text', 0, 1, -1, 1.5, true, null, '', [], {}),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('schema'),
  ),
}));

test('what is told to be a schema is one by the schema of draft 4', () => {
  let plain = 0;
  fc.assert(
    fc.property(schema, (value) => {
      if (!isPlainSchema(value)) return;
      plain += 1;
      assert.equal(ajv.validateSchema(value as object), true, JSON.stringify(value));
    }),
    { numRuns: 2000 },
  );
  assert.ok(plain > 50, `only ${plain} of the values were plain`);
});

test('the schemas of usual params need no more than that', () => {
  const usual = {
    type: 'object',
    required: ['host'],
    properties: {
      host: { type: 'string', pattern: '^[a-z]+$', default: 'bmc' },
      port: { type: ['integer', 'null'], minimum: 1, maximum: 65535 },
      mode: { enum: ['ipmitool', 'redfish'] },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
    },
    additionalProperties: false,
  };
  assert.equal(isPlainSchema(usual), true);
  assert.equal(isPlainSchema({ type: 'text' }), false);
  assert.equal(isPlainSchema('string'), false);
});
