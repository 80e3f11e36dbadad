import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import draft4 from 'ajv-draft-04';
import { readStore } from '../../lib/content/index.ts';

/** A param that scripts and content in the field depend on. Its name, schema and secrecy must stay. */
interface FixedParam {
  name: string;
  schema: Record<string, unknown>;
  secure: boolean;
}

const root = path.join(import.meta.dirname, '../..');
const fixture = await readFile(path.join(root, 'test/fixtures/params.json'), 'utf8');

const packs = JSON.parse(fixture) as Record<string, FixedParam[]>;

for (const [pack, fixed] of Object.entries(packs)) {
  test(`the ${pack} pack has each param with the schema and secrecy that the field knows`, async () => {
    const { params = {} } = (await readStore(path.join(root, 'content', pack))).bundle.sections;
    const found = Object.values(params).map((param) => ({
      name: param.Name,
      schema: param.Schema,
      secure: param.Secure ?? false,
    }));
    const byName = (a: { name: unknown }, b: { name: unknown }) => (String(a.name) < String(b.name) ? -1 : 1);
    assert.deepEqual(found.sort(byName), fixed.toSorted(byName));
  });

  test(`nothing is wrong with the ${pack} pack`, async () => {
    const types = pack === 'incrementer' ? ['cows', 'typed-cows'] : [];
    const { problems } = await readStore(path.join(root, 'content', pack), { types, trustsRequired: true });
    assert.deepEqual(
      problems.map(({ message }) => message),
      [],
    );
  });

  test(`the params of the ${pack} pack are described, and have defaults that their schemas accept`, async () => {
    const { params = {} } = (await readStore(path.join(root, 'content', pack))).bundle.sections;
    for (const { Name, Description, Schema } of Object.values(params)) {
      assert.match(String(Description), /^\S.*\S$/, `${Name} has a description of one line`);
      const schema = Schema as Record<string, unknown>;
      const accepts = new draft4.default({ strict: false }).compile(schema);
      if ('default' in schema) assert.ok(accepts(schema.default), `${Name} accepts its default`);
    }
  });
}
