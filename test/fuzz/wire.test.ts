import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError, parseJson } from '../../lib/models/index.ts';
import { decodeAction, decodeEvent, decodeParams } from '../../lib/plugin/body.ts';
import { ParamRules } from '../../lib/plugin/param-rules.ts';
import { bounded, fc, parameters } from '../support/properties.ts';
import { assertModelError, assertUnpolluted, cleanly } from './expectations.ts';
import { json, jsonText, objectWith } from './texts.ts';

const ACTION = ['Model', 'Plugin', 'Command', 'CommandSet', 'Params', 'params', 'COMMAND'];
const EVENT = ['Time', 'Type', 'Action', 'Key', 'Principal', 'Object', 'Original', 'object'];
/** Fields that hold text. */
const TEXTS = ['Plugin', 'Command', 'CommandSet', 'Time', 'Type', 'Action', 'Key', 'Principal'];
const ERROR = ['Model', 'Key', 'Type', 'Messages', 'Code'];

const deep = (open: string, inner: string, close: string) =>
  `${open.repeat(60_000)}${inner}${close.repeat(60_000)}`;

/** Whether any object in `value` has `__proto__` as a key of its own. */
function hasProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto);
}

describe('the wire decoders', () => {
  for (const [name, decode, keys] of [
    ['an action', decodeAction, ACTION],
    ['an event', decodeEvent, EVENT],
    ['a config', decodeParams, ['Name', 'a/b']],
  ] as const) {
    test(`${name} is read from any bytes, or refused with 400`, () => {
      fc.assert(
        fc.property(jsonText(keys), (text) => {
          const read = bounded(() => cleanly(() => decode('POST', Buffer.from(text))));
          if (read instanceof ModelError) return assert.equal(read.code, 400);
          assert.equal(Object.getPrototypeOf(read), Object.prototype);
          // What a config is made of is the plugin's own business.
          if (name === 'a config') return;
          const fields: Record<string, unknown> = { ...read };
          for (const field of TEXTS)
            if (Object.hasOwn(fields, field)) assert.equal(typeof fields[field], 'string');
          for (const field of decode === decodeAction ? ['Model', ...ACTION.slice(1, 5)] : EVENT.slice(0, 7))
            assert.ok(fields[field] !== undefined, field);
        }),
        parameters([
          // The walk that drops __proto__ went as deep as the value, and what it threw was a 500.
          [`${deep('[', '"__proto__"', ']')} x`],
          [deep('{"__proto__":', '1', '}')],
        ]),
      );
    });

    test(`${name} is read from bytes that are no text, or refused`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
          cleanly(() => decode('POST', Buffer.from(bytes)));
        }),
        parameters(),
      );
    });
  }

  test('an action, an event and a config come back as they were sent', () => {
    const text = fc.string({ unit: 'grapheme' });
    const anything = json()
      .map((value): unknown => JSON.parse(JSON.stringify(value)))
      .filter((value) => !hasProto(value));
    const params = fc
      .dictionary(text, anything, { noNullPrototype: true })
      .filter((value) => !hasProto(value));
    fc.assert(
      fc.property(text, anything, params, (name, value, Params) => {
        const action = { Model: value, Plugin: name, Command: name, CommandSet: name, Params };
        assert.deepEqual(decodeAction('POST', Buffer.from(JSON.stringify(action))), action);
        const event = {
          Time: 'now',
          Type: name,
          Action: name,
          Key: name,
          Principal: name,
          Object: value,
          Original: value,
        };
        assert.deepEqual(decodeEvent('POST', Buffer.from(JSON.stringify(event))), event);
        assert.deepEqual(decodeParams('POST', Buffer.from(JSON.stringify(Params))), Params);
      }),
      parameters(),
    );
  });

  test('JSON is read as JSON.parse reads it, without the keys __proto__, however they are spelt', () => {
    const spelt = fc.constantFrom(
      '__proto__',
      '\\u005f_proto__',
      '__\\u0070roto__',
      '\\u005F\\u005Fproto\\u005f_',
    );
    fc.assert(
      fc.property(jsonText(['a', 'b']), spelt, (text, key) => {
        const whole = `{"${key}":{"polluted":1},"x":${text}}`;
        const read = (parse: (text: string) => unknown) => {
          try {
            return parse(whole);
          } catch (error) {
            assert.ok(error instanceof SyntaxError, String(error));
            return error;
          }
        };
        const [ours, theirs] = [read(parseJson), read(JSON.parse)];
        assertUnpolluted();
        if (theirs instanceof SyntaxError) return assert.ok(ours instanceof SyntaxError);
        if (ours instanceof SyntaxError) return assert.match(ours.message, /too deeply/);
        assert.ok(!hasProto(ours));
        assert.equal(({ ...(ours as object) } as { polluted?: number }).polluted, undefined);
      }),
      parameters(),
    );
  });

  test('a models.Error is made of anything that looks like one, and is one', () => {
    fc.assert(
      fc.property(objectWith(ERROR), (value) => {
        const error = cleanly(() => ModelError.from(JSON.parse(JSON.stringify(value))));
        if (error !== undefined) assertModelError(JSON.parse(JSON.stringify(error)));
      }),
      parameters<[Record<string, unknown>]>([
        // Text of an object that has no text, and codes that travel as null.
        [{ Code: 400, Type: '', Messages: [{ toString: 1, valueOf: 1 }] }],
        [{ Code: 404.5, Messages: [] }],
      ]),
    );
    assert.equal(ModelError.from({ Code: Number.POSITIVE_INFINITY, Messages: [] }), undefined);
  });

  test('a models.Error comes back as it was sent', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer(),
        fc.array(fc.string(), { minLength: 1 }),
        (text, code, messages) => {
          const error = new ModelError(code, messages, { model: text, key: text, type: text });
          const read = ModelError.from(JSON.parse(JSON.stringify(error)));
          assert.deepEqual(read?.toJSON(), error.toJSON());
          assert.equal(read?.message, error.message);
        },
      ),
      parameters(),
    );
  });

  test('params of any type and name are checked, or refused with 400', async () => {
    const rules = await ParamRules.of(`
sections:
  params:
    one: {Schema: {type: integer, minimum: 1, default: 3}}
    two: {Schema: {type: object, additionalProperties: {type: string, pattern: '^[a-z]+$'}}, Secure: true}
    three: {Schema: {type: array, items: {enum: [a, b]}}}
    constructor: {Schema: {type: string}}
`);
    fc.assert(
      fc.property(objectWith(['one', 'two', 'three', 'constructor']), (value) => {
        const params = JSON.parse(JSON.stringify(value));
        cleanly(() => rules.check(params));
        for (const name of Object.keys(params)) cleanly(() => rules.fallback(name));
      }),
      parameters(),
    );
  });
});
