import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

interface Exchange {
  name: string;
  /** Bytes to send, LF for CR LF in the head. */
  request: string;
  /** Recorded from the reference; a body without Messages has some, in the words of another JSON parser. */
  answers: { status: number; body?: unknown }[];
}

const fixture = new URL('../fixtures/protocol/requests.json', import.meta.url);
const exchanges = JSON.parse(readFileSync(fixture, 'utf8')) as Exchange[];

describe('a request as the reference was sent it', () => {
  let provider: ProviderProcess;
  before(async () => {
    provider = await ProviderProcess.start([binary('incrementer')]);
  });
  after(async () => provider[Symbol.asyncDispose]());

  for (const { name, request, answers } of exchanges) {
    test(`${name}: ${answers.map(({ status }) => status).join(', ')}`, async () => {
      using connection = await provider.connection();
      connection.write(request);
      await until(() => connection.answers.length >= answers.length, `${answers.length} answers to ${name}`);
      for (const [index, expected] of answers.entries()) {
        const answer = connection.answers[index];
        assert.ok(answer);
        assert.equal(answer.status, expected.status, answer.body);
        if (expected.status === 301) assert.match(answer.headers, /location: \/api-plugin\/v4\/config/i);
        if (expected.body === undefined) continue;
        assert.match(answer.headers, /content-type: application\/json/i);
        const body = JSON.parse(answer.body);
        if (typeof expected.body === 'object' && expected.body !== null && !('Messages' in expected.body)) {
          assert.equal(typeof body.Messages[0], 'string');
          delete body.Messages;
        }
        assert.deepEqual(body, expected.body);
      }
    });
  }
});
