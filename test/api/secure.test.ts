import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isSecureData, type SecureData, seal, sealingKeys, unseal } from '../../lib/api/index.ts';

const sha256 = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());

/** Sealed by golang.org/x/crypto/nacl/box, which endpoints use, for the public key to SHA-256("receiver"). */
const FROM_GO: SecureData = {
  Key: 'DyPXqycwV1b7qgWyAiCD/pJJlzmW2O/C0FMGrI1oo3A=',
  Nonce: 'eDd7UldXtJRCf4kBT5fXmSjzk40U61Hi',
  Payload: '/EZXcExZJXquo7pIm7tnBhwepkYdblEJfsLTvmbLT9PqTewmKkhObt8a9i93WdqGRDIExIdRGTfTLhKA',
};
/** As an endpoint has sent it to a plugin. */
const FROM_ENDPOINT: SecureData = {
  Key: 'T5p0Zu4GzsQn9gNBJpEvcQ42TdRupyHVCdWzOUvBLmk=',
  Nonce: 'AJ8cY/ZifibPKYVw63ikKmGlz78z0yOK',
  Payload: 'B+2N/DYmL4CI4S4ywlW61ygAMieQ5xQ9',
};

test('what Go sealed is opened', async () => {
  assert.deepEqual(await unseal(sha256('receiver'), FROM_GO), {
    user: 'admin',
    n: [1, 2.5, null],
    ü: '<&>',
  });
});

test('what is sealed here is opened here, and looks like what endpoints send', async () => {
  const { publicKey, secretKey } = await sealingKeys();
  for (const value of ['', 'x', 0, false, null, { a: ['ü'] }, 'x'.repeat(100_000)]) {
    const sealed = await seal(publicKey, value);
    assert.deepEqual(Object.keys(sealed), ['Key', 'Nonce', 'Payload']);
    const lengths = Object.values(sealed).map((text) => Buffer.from(text, 'base64').length);
    assert.deepEqual(lengths, [32, 24, Buffer.byteLength(JSON.stringify(value)) + 16]);
    assert.deepEqual(await unseal(secretKey, sealed), value);
  }
  assert.ok(isSecureData(FROM_ENDPOINT));
});

test('no two seals are alike', async () => {
  const { publicKey } = await sealingKeys();
  const [one, other] = [await seal(publicKey, 1), await seal(publicKey, 1)];
  assert.notEqual(one.Key, other.Key);
  assert.notEqual(one.Nonce, other.Nonce);
});

test('a changed byte or another key opens nothing', async () => {
  const { secretKey } = await sealingKeys();
  await assert.rejects(unseal(secretKey, FROM_GO), /corrupted/);
  for (const field of ['Key', 'Nonce', 'Payload'] as const) {
    const bytes = Buffer.from(FROM_GO[field], 'base64');
    bytes[0] = (bytes[0] ?? 0) ^ 0xff;
    const damaged = { ...FROM_GO, [field]: bytes.toString('base64') };
    await assert.rejects(unseal(sha256('receiver'), damaged), { code: 400 }, field);
  }
});

test('parts of a wrong length or type are no sealed data, and keys have 32 bytes', async () => {
  for (const wrong of [
    undefined,
    null,
    'x',
    {},
    { ...FROM_GO, Key: 'AAAA' },
    { ...FROM_GO, Nonce: '' },
    { ...FROM_GO, Payload: 'AAAA' },
    { ...FROM_GO, Payload: 7 },
  ]) {
    assert.ok(!isSecureData(wrong));
    await assert.rejects(unseal(sha256('receiver'), wrong), { code: 400 });
  }
  await assert.rejects(unseal(new Uint8Array(31), FROM_GO), /32 bytes/);
  await assert.rejects(seal(new Uint8Array(33), 1), /32 bytes/);
});
