import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ProviderProcess } from '../support/provider-process.ts';

const ODD = [process.execPath, join(import.meta.dirname, 'odd-routes-plugin.ts')];

/** What a handler may answer by mistake, and what is said of it. */
const MISTAKES: readonly (readonly [answer: unknown, says: RegExp])[] = [
  ...[0, 42, 100, 101, 199, 600, 1000, -1, 200.5, '200', null].map(
    (status) => [{ status }, /routes: status: expected a number from 200 to 599, found /] as const,
  ),
  [{ headers: { 'bad name': 'x' } }, /ERR_INVALID_HTTP_TOKEN|must be a valid HTTP token/],
  [{ headers: { '': 'x' } }, /must be a valid HTTP token/],
  [{ headers: { 'x-split': 'a\r\nSet-Cookie: b' } }, /Invalid character in header content/],
  [{ headers: { 'x-wide': '€' } }, /Invalid character in header content/],
];

test('a status or header of routes that HTTP does not have is answered with an error, and the process lives on', async () => {
  await using provider = await ProviderProcess.start(ODD);
  const { pid } = provider.child;
  for (const [answer, says] of MISTAKES) {
    const { status, json, headers } = await provider.send('POST', '/plugin-apis/odd/odd', { body: answer });
    const { Code, Messages } = json as { Code: number; Messages: string[] };
    assert.deepEqual([status, Code], [500, 500], JSON.stringify(answer));
    assert.match(Messages[0] ?? '', says, JSON.stringify(answer));
    assert.equal(headers['set-cookie'], undefined);
  }
  // The connection's own headers are not the plugin's to say.
  const framing = {
    'Content-Length': '1',
    'Transfer-Encoding': 'chunked',
    Connection: 'upgrade',
    'X-Own': 'yes',
  };
  const body = { status: 203, headers: framing, body: { a: 1 } };
  const fine = await provider.send('POST', '/plugin-apis/odd/odd', { body });
  assert.deepEqual([fine.status, fine.text, fine.headers['x-own']], [203, '{"a":1}', 'yes']);
  assert.deepEqual([provider.child.pid, provider.child.exitCode], [pid, null]);
  assert.equal(provider.stderr, '');
});
