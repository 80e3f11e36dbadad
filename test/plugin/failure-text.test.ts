import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { failureText, thrownMessage } from '../../lib/plugin/failure-text.ts';

test('the text of a failure has what caused it, once, unless it was made to be shown', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:80');
  assert.match(
    failureText(new TypeError('fetch failed', { cause: refused })),
    /^fetch failed: connect ECONN.*:80\nat /,
  );
  assert.equal(
    thrownMessage(new Error(`a: ${refused.message}`, { cause: refused })),
    `a: ${refused.message}`,
  );
  const attempts = Object.assign(new AggregateError([refused]), { code: 'ECONNREFUSED' });
  assert.equal(
    thrownMessage(new TypeError('fetch failed', { cause: attempts })),
    'fetch failed: ECONNREFUSED',
  );
  assert.equal(failureText(new ModelError(500, 'no', { cause: refused })), 'no');
});

test('causes without an end, and those that are no errors, do no harm', () => {
  const round = new Error('round');
  round.cause = new Error('and round', { cause: round });
  assert.equal(thrownMessage(round), 'round: and round');
  assert.equal(thrownMessage(new Error('a', { cause: 'text' })), 'a');
  assert.equal(thrownMessage(new Error('a', { cause: new Error('') })), 'a: Error');
  const odd = new Error('odd');
  Object.defineProperty(odd, 'cause', {
    get() {
      throw new TypeError('no');
    },
  });
  assert.equal(thrownMessage(odd), 'something that cannot be shown');
});
