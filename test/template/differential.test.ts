import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allCases, findReference, RECORD, recordedResults, recordText } from './reference.ts';
import { type Case, type Result, renderCase } from './reference-dot.ts';

const { generated, handwritten, functions } = allCases();
const cases = [...generated, ...handwritten, ...functions];
const expected = recordedResults(cases);

/** Asserts that our engine gives Go's output, or Go's error. */
function assertSame(some: readonly Case[], results: readonly Result[]): void {
  const differences = some.flatMap((one, index) => {
    const [go, ours] = [results[index], renderCase(one)];
    const same = go?.Error === ours.Error && (go.Error !== '' || go.Output === ours.Output);
    return same ? [] : [{ template: one.Text, go, ours }];
  });
  assert.deepEqual(differences.slice(0, 5), [], `${differences.length} of ${some.length} differ`);
}

test('2000 generated templates give what Go 1.19 and sprig 3.2.3 make of them', () => {
  assert.equal(generated.length, 2000);
  const rendered = expected.slice(0, 2000).filter(({ Error: error }) => error === '');
  assert.ok(rendered.length > 600, `only ${rendered.length} of them render at all`);
  assertSame(generated, expected);
});

test('so do more than 300 that were written by hand', () => {
  assert.ok(handwritten.length > 300);
  assertSame(handwritten, expected.slice(generated.length));
});

test('so does each function with arguments of all kinds, right and wrong', () => {
  assert.ok(functions.length > 1000);
  assertSame(functions, expected.slice(generated.length + handwritten.length));
});

const reference = await findReference();

test("the record is what this host's Go makes of them", { skip: reference === undefined }, async () => {
  assert.equal(recordText(cases, (await reference?.(cases)) ?? []), readFileSync(RECORD, 'utf8'));
});
