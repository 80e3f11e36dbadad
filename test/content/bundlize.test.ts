import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bundleArguments,
  bundlize,
  type ContentObject,
  convert,
  objectsInOrder,
  parseBundle,
} from '../../lib/content/index.ts';
import { ModelError } from '../../lib/models/index.ts';

const objects: Record<string, ContentObject[]> = {
  params: [
    {
      Name: 'a/b',
      Validated: true,
      Available: true,
      Errors: [],
      ReadOnly: false,
      Bundle: 'x',
      Endpoint: '',
      Secure: true,
    },
  ],
  profiles: [
    { Name: 'p', Params: { 'a/b': 'secret', c: 1 } },
    { Name: 'q', Params: {} },
  ],
};
const source = {
  get: async (type: string, key: string) => {
    const found = objects[type]?.find(({ Name }) => Name === key);
    if (found === undefined) throw new ModelError(404, `Not Found: ${type}/${key}`);
    return found;
  },
  list: async (type: string, field: string, value: string) =>
    (objects[type] ?? []).filter((object) => object[field] === value),
};

test('arguments are meta fields, and objects by key or by field', () => {
  assert.deepEqual(bundleArguments(['Name=a', 'Description=x: y=z', 'Author=']), {
    meta: { Name: 'a', Description: 'x: y=z', Author: '' },
    objects: [],
  });
  assert.deepEqual(bundleArguments(['Name=a:b', 'params:a/b', 'profiles:Name=p=q'], true), {
    meta: { Name: 'a:b' },
    objects: [
      { type: 'params', key: 'a/b' },
      { type: 'profiles', field: 'Name', value: 'p=q' },
    ],
  });
  assert.throws(() => bundleArguments(['notakeyval']), { message: "Meta fields must have '=' in them" });
  assert.throws(() => bundleArguments(['notakeyval'], true), /Objects must have a :/);
  assert.throws(() => bundleArguments(['params:a']), { message: "Meta fields must have '=' in them" });
});

test('objects of an endpoint become a bundle without their state there', async () => {
  const selections = bundleArguments(['profiles:Name=q', 'params:a/b'], true).objects;
  const bundle = await bundlize(source, selections, { meta: { Name: 'mine' } });
  assert.equal(bundle.meta.Name, 'mine');
  assert.equal(bundle.meta.Version, 'v0.0.0');
  assert.deepEqual(bundle.sections, {
    params: { 'a/b': { Name: 'a/b', Secure: true } },
    profiles: { q: { Name: 'q', Params: {} } },
  });
  assert.deepEqual(Object.keys(bundle.sections), ['params', 'profiles']);
});

test('secret values are sealed, or refused where there is no key', async () => {
  const secureParams = new Set(['a/b']);
  const selections = [{ type: 'profiles', key: 'p' }];
  const error: unknown = await bundlize(source, selections, { secureParams }).catch(
    (thrown: unknown) => thrown,
  );
  assert.equal(
    String(error),
    'ModelError: profiles:p has the secure param a/b, but there is no key to seal it with',
  );
  const { sections } = await bundlize(source, selections, { secureParams, seal: async () => ({ Key: 'k' }) });
  assert.deepEqual(sections.profiles?.p?.Params, { 'a/b': { Key: 'k' }, c: 1 });
});

test('nothing to bundle and an object that is not there are errors', async () => {
  await assert.rejects(bundlize(source, []), { message: 'No object specified' });
  await assert.rejects(bundlize(source, [{ type: 'params', key: 'none' }]), {
    message: 'Not Found: params/none',
  });
});

test('an object of another shape than its type is refused', async () => {
  const odd = { ...source, get: async () => ({ Name: 'a', Secure: 'yes' }) };
  await assert.rejects(
    bundlize(odd, [{ type: 'params', key: 'a' }]),
    /params\/a: Secure: must be true or false/,
  );
});

const pack = parseBundle(
  'sections: {cows: {c: {}}, workflows: {w: {}}, tasks: {t: {}, s: {}}, params: {p: {}}}',
  'test',
);

test('objects are made in the order in which they refer to each other', async () => {
  const made: string[] = [];
  await convert(pack, { create: async (type, object) => made.push(`${type}:${object.Name ?? object.Id}`) });
  assert.deepEqual(made, ['params:p', 'tasks:s', 'tasks:t', 'workflows:w', 'cows:c']);
  assert.deepEqual(
    objectsInOrder(pack).map(({ type, key }) => `${type}:${key}`),
    made,
  );
});

test('an object that cannot be made is named, with the code of the endpoint', async () => {
  const refuse = (error: unknown) => convert(pack, { create: () => Promise.reject(error) });
  await assert.rejects(refuse(new ModelError(422, 'no')), {
    code: 422,
    message: 'Failed to create params:p: no',
  });
  await assert.rejects(refuse(new Error('broken')), {
    code: 400,
    message: 'Failed to create params:p: broken',
  });
});
