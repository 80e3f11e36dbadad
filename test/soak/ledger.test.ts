import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointApi, Reply } from '../../scripts/soaking/endpoint-api.ts';
import { Ledger, VALUE } from '../../scripts/soaking/ledger.ts';

const OK: Reply = { status: 200, json: null };
const REFUSED: Reply = { status: 502, json: null };

/** An endpoint that holds one machine, whose counter and value are these. */
function endpoint(counter: number, value: number): Pick<EndpointApi, 'call' | 'done'> {
  return {
    call: async (_method, path) =>
      path === 'machines/there'
        ? { status: 200, json: { Params: { [VALUE]: value } } }
        : { status: 404, json: null },
    done: async <T>() => counter as T,
  };
}

test('a counter may have grown by what was not acknowledged, and must have by what was', async () => {
  const ledger = new Ledger();
  for (const reply of [OK, OK, REFUSED, undefined]) ledger.incremented('there', 'counted', reply);
  assert.equal(ledger.acknowledged, 2);
  for (const counter of [2, 3, 4]) assert.deepEqual(await ledger.problems(endpoint(counter, 0)), []);
  for (const counter of [1, 5]) assert.equal((await ledger.problems(endpoint(counter, 0))).length, 1);
});

test('a machine that was changed has what was acknowledged last, and one that was deleted is gone', async () => {
  const ledger = new Ledger();
  ledger.changed('there', { value: 7 }, OK);
  ledger.changed('gone', 'gone', OK);
  assert.deepEqual(await ledger.problems(endpoint(0, 7)), []);
  assert.match((await ledger.problems(endpoint(0, 6))).join(), /machine there has soak\/value 6, not 7/);
  ledger.changed('there', 'gone', OK);
  assert.match((await ledger.problems(endpoint(0, 7))).join(), /machine there is answered 200, not 404/);
  ledger.changed('lost', { value: 1 }, OK);
  assert.match((await ledger.problems(endpoint(0, 7))).join(), /machine lost is answered 404, not 200/);
});

test('the outcome of a change that was refused is not known', async () => {
  const ledger = new Ledger();
  ledger.changed('lost', { value: 1 }, OK);
  ledger.changed('lost', { value: 2 }, undefined);
  assert.deepEqual(await ledger.problems(endpoint(0, 0)), []);
});
