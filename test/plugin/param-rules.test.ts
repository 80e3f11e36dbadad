import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { ParamRules } from '../../lib/plugin/param-rules.ts';

const PACK = `
meta: {Name: p}
sections:
  params:
    p/port: {Name: p/port, Schema: {type: integer, minimum: 0, maximum: 65535, exclusiveMaximum: true, default: 7}}
    p/mode: {Name: p/mode, Schema: {type: string, enum: [a, b]}}
    p/list: {Name: p/list, Schema: {type: array, items: {type: string}, default: [x]}}
    p/secret: {Name: p/secret, Secure: true, Schema: {type: string, minLength: 3}}
    p/free: {Name: p/free}
`;

describe('the params of a content pack', () => {
  const refusal = async (params: Record<string, unknown>): Promise<string[]> => {
    const rules = await ParamRules.of(PACK);
    try {
      rules.check(params);
    } catch (error) {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, 400);
      return error.messages;
    }
    return [];
  };

  test('are let pass when they fit, when they are unknown, and when they have no schema', async () => {
    assert.deepEqual(await refusal({ 'p/port': 1, 'p/mode': 'a', 'p/list': [], 'p/free': {}, other: 1 }), []);
  });

  test('are refused by name, with what was expected and what came', async () => {
    assert.deepEqual(await refusal({ 'p/port': 'x' }), ['Params.p/port: must be integer, found "x"']);
    assert.deepEqual(await refusal({ 'p/mode': 'c' }), ['Params.p/mode: must be one of a, b, found "c"']);
    assert.deepEqual(await refusal({ 'p/list': ['a', 1] }), [
      'Params.p/list: /1 must be string, found ["a",1]',
    ]);
  });

  test('follow draft 4, where an exclusive maximum is a flag', async () => {
    assert.deepEqual(await refusal({ 'p/port': 65535 }), ['Params.p/port: must be < 65535, found 65535']);
  });

  test('are not shown when they are secret', async () => {
    assert.deepEqual(await refusal({ 'p/secret': 'ab' }), [
      'Params.p/secret: must NOT have fewer than 3 characters',
    ]);
  });

  test('are let pass when their reader checks them', async () => {
    const rules = await ParamRules.of(PACK);
    assert.doesNotThrow(() => rules.check({ 'p/port': 'x' }, ['p/port']));
  });

  test('have defaults, a new value at each call', async () => {
    const rules = await ParamRules.of(PACK);
    assert.equal(rules.fallback('p/port'), 7);
    assert.equal(rules.fallback('p/mode'), undefined);
    (rules.fallback('p/list') as string[]).push('y');
    assert.deepEqual(rules.fallback('p/list'), ['x']);
  });

  test('are read as the endpoint reads them', async () => {
    const pack = 'sections: {params: {p/mask: {Name: p/mask, Schema: {type: integer, default: 022}}}}';
    assert.equal((await ParamRules.of(pack)).fallback('p/mask'), 18);
  });

  test('are empty without a pack', async () => {
    const rules = await ParamRules.of('');
    assert.doesNotThrow(() => rules.check({ 'p/port': 'x' }));
  });
});
