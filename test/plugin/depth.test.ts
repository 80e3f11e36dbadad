import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml } from '../../lib/api/index.ts';
import { parseBundle } from '../../lib/content/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { decodeAction, decodeEvent, decodeParams } from '../../lib/plugin/body.ts';

const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}${']}'.repeat(levels / 2)}`;
const DEEP = nested(100_000);

test('bodies of the endpoint that nest too deeply are refused in one line, and others are read', () => {
  const bodies: [read: (body: string) => unknown, body: (value: string) => string][] = [
    [(body) => decodeParams('POST', Buffer.from(body)), (value) => `{"a/b": ${value}}`],
    [
      (body) => decodeAction('POST', Buffer.from(body)),
      (value) => `{"Command": "x", "Params": {"a": ${value}}}`,
    ],
    [(body) => decodeAction('POST', Buffer.from(body)), (value) => `{"Command": "x", "Model": ${value}}`],
    [(body) => decodeEvent('POST', Buffer.from(body)), (value) => `{"Type": "x", "Object": ${value}}`],
  ];
  for (const [read, body] of bodies) {
    assert.throws(() => read(body(DEEP)), { code: 400, messages: ['The body nests too deeply'] });
    assert.throws(
      () => read(body(`{"__proto__": ${DEEP}}`)),
      (error) => {
        assert.ok(error instanceof ModelError && error.code === 400);
        assert.match(error.message, /nests too deeply/);
        return true;
      },
    );
    assert.ok(read(body(nested(900))));
  }
});

test('JSON and YAML that people give are refused in one line when they nest too deeply', async () => {
  for (const text of [DEEP, `a: ${nested(2000)}`, `[${DEEP}]`])
    await assert.rejects(decodeYaml(text), { code: 400, message: /deep|nest/i });
  assert.ok(await decodeYaml(nested(900)));
  const bundle = (value: string) => `{"meta": {"Name": "x"}, "sections": {"params": {"p": ${value}}}}`;
  assert.throws(
    () => parseBundle(bundle(DEEP), 'x.json', 'json'),
    (error) => {
      assert.ok(error instanceof Error && !(error instanceof RangeError), String(error));
      assert.match(error.message, /nests too deeply/);
      return true;
    },
  );
});
