import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { settingsFrom } from '../../lib/api/settings.ts';
import { isLoopback, trust } from '../../lib/api/tls.ts';
import { TestEndpoint } from './test-endpoint.ts';

test('on loopback a self-signed certificate is accepted', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  await endpoint.client().info();
});

test('loopback is by number or name, not by a name that looks like it', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '[::1]', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['127.0.0.1.example.com', '10.0.0.1', '[::]', 'localhost.example.com', '128.0.0.1']) {
    assert.ok(!isLoopback(host), host);
  }
});

test('elsewhere certificates are verified, unless insecure is asked for', async () => {
  const endpoint = 'https://10.0.0.1:8092';
  assert.deepEqual(await trust(settingsFrom({ endpoint })), { rejectUnauthorized: true });
  assert.deepEqual(await trust(settingsFrom({ endpoint, insecure: true })), { rejectUnauthorized: false });
});

test('a CA file pins the endpoint, on loopback too', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  await using other = await TestEndpoint.start(() => ({ body: {} }), { certificate: 'another' });
  const { ca } = endpoint;
  await endpoint.client({ ca }).info();
  await assert.rejects(other.client({ ca }).info(), (error: Error) => {
    assert.match(error.message, /self-signed certificate.*RS_CA_CERT/);
    return true;
  });
  assert.equal(other.requests.length, 0);
  await using stream = other.client({ ca }).events();
  await assert.rejects(stream.register('a.b.c'), /self-signed certificate/);
  await using pinned = endpoint.client({ ca }).events();
  await pinned.register('a.b.c');
});

test('a CA file that is missing or holds no certificate is refused by its name', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  const empty = path.join(endpoint.directory, 'empty.pem');
  await writeFile(empty, 'nothing');
  for (const ca of ['/does/not/exist.pem', empty]) {
    await assert.rejects(new Client({ endpoint: endpoint.url, ca }).info(), (error: Error) => {
      assert.match(error.message, new RegExp(`Cannot use ca file ${ca}`));
      return true;
    });
  }
});
