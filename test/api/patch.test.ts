import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyPatch, type Operation } from 'rfc6902';
import { generatePatch, pointer } from '../../lib/api/index.ts';
import { fc } from '../support/properties.ts';

test('a generated patch applies to what it was made from, and gives what it was made for', async () => {
  // rfc6902 leaves members of that name out, wherever they stand.
  const json = fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
    .filter((value) => !JSON.stringify(value).includes('__proto__'));
  await fc.assert(
    fc.asyncProperty(json, json, fc.boolean(), async (from, to, paranoid) => {
      const [before, after] = [from, to].map((value) => JSON.parse(JSON.stringify(value)));
      const patch = await generatePatch(before, after, { paranoid });
      const results = applyPatch(before, patch as Operation[]);
      assert.deepEqual(
        results.filter((result) => result !== null),
        [],
      );
      assert.deepEqual(before, after);
    }),
    { numRuns: 200 },
  );
});

test('removed and changed members are tested, added ones cannot be', async () => {
  assert.deepEqual(await generatePatch({ a: 1, 'x/y': 2 }, { a: 2, b: 3 }), [
    { op: 'test', path: '/x~1y', value: 2 },
    { op: 'test', path: '/a', value: 1 },
    { op: 'remove', path: '/x~1y' },
    { op: 'add', path: '/b', value: 3 },
    { op: 'replace', path: '/a', value: 2 },
  ]);
});

test('a list is replaced as a whole', async () => {
  assert.deepEqual(await generatePatch({ l: [1, 2, 3] }, { l: [1, 3] }), [
    { op: 'test', path: '/l', value: [1, 2, 3] },
    { op: 'replace', path: '/l', value: [1, 3] },
  ]);
  assert.deepEqual(await generatePatch({ l: [1, { a: 1 }] }, { l: [1, { a: 1 }] }), []);
});

test('undefined is absent, as in JSON', async () => {
  assert.deepEqual(await generatePatch({ a: undefined }, { b: undefined }), []);
});

test('pointers escape what means something in them', () => {
  assert.equal(pointer('Params', 'a/b~c'), '/Params/a~1b~0c');
  assert.equal(pointer(), '');
});
