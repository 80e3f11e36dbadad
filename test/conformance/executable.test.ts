import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConformance } from '../../lib/conformance/index.ts';

test('what is no executable is refused before anything is checked', async () => {
  await assert.rejects(checkConformance('/nonexistent/provider'), {
    code: 404,
    message: /\/nonexistent\/provider: there is no such executable/,
  });
  await assert.rejects(checkConformance(import.meta.filename), {
    code: 400,
    message: /executable\.test\.ts: it may not be executed/,
  });
});

test('a check that is cancelled ends with the reason', async () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await assert.rejects(checkConformance('/bin/cat', { signal }), (error) => error === reason);
});
