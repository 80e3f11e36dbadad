import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  scryptSync,
  X509Certificate,
} from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { fromBytes } from '../bytes.ts';
import { FunctionError, Structure, type Work } from '../values/value.ts';
import { decodeBase64, encodeBase64 } from './base-text.ts';
import { type Functions, fn, heavy } from './define.ts';

/** Steps counted for a slow hash, by its duration. */
const SLOW = 500_000;

export const SECRETS: Functions = {
  bcrypt: heavy(['string'], 'string', bcrypt),
  htpasswd: heavy(['string', 'string'], 'string', (work, name, password) =>
    name.includes(':') ? `invalid username: ${name}` : `${name}:${bcrypt(work, password)}`,
  ),
  derivePassword: heavy(['uint32', 'string', 'string', 'string', 'string'], 'string', derivePassword),
  encryptAES: fn(['string', 'string'], 'string', (password, text) => {
    if (text === '') return '';
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv);
    const sealed = Buffer.concat([iv, cipher.update(text, 'latin1'), cipher.final()]);
    return encodeBase64(sealed.toString('latin1'));
  }),
  decryptAES: fn(['string', 'string'], 'string', decryptAes),
  genPrivateKey: heavy(['string'], 'string', generateKey),
  buildCustomCert: fn(['string', 'string'], 'sprig.certificate', buildCertificate),
};

function bcrypt(work: Work, password: string): string {
  work.step(SLOW);
  return hashSync(fromBytes(password), 10);
}

function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32);
  key.write(password, 'latin1');
  return key;
}

function decryptAes(password: string, text: string): string {
  if (text === '') return '';
  const sealed = Buffer.from(decodeBase64(text), 'latin1');
  if (sealed.length < 32 || sealed.length % 16 !== 0)
    throw new FunctionError('crypto/cipher: input not full blocks');
  const decipher = createDecipheriv('aes-256-cbc', aesKey(password), sealed.subarray(0, 16)).setAutoPadding(
    false,
  );
  const padded = Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding > padded.length)
    throw new FunctionError(`runtime error: slice bounds out of range [:${padded.length - padding}]`);
  return padded.subarray(0, padded.length - padding).toString('latin1');
}

/** RSA is refused: generating a key blocks the process for seconds. */
function generateKey(work: Work, type: string): string {
  work.step(SLOW);
  switch (type) {
    case 'ecdsa': {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    }
    case 'ed25519':
      return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    case '':
    case 'rsa':
    case 'dsa':
      throw new FunctionError('makes ecdsa and ed25519 keys here, and no others: they take seconds');
    default:
      return `Unknown type ${type}`;
  }
}

function buildCertificate(certificate: string, key: string): Structure {
  const [certificateText, keyText] = [
    decodedOr(certificate, 'unable to decode base64 certificate'),
    decodedOr(key, 'unable to decode base64 private key'),
  ];
  if (!certificateText.includes('-----BEGIN ')) throw new FunctionError('unable to decode certificate');
  readOr(() => new X509Certificate(certificateText), 'error parsing certificate');
  readOr(() => createPrivateKey(keyText), 'error parsing private key');
  return new Structure(
    'sprig.certificate',
    new Map([
      ['Cert', { type: 'string', field: () => certificateText }],
      ['Key', { type: 'string', field: () => keyText }],
    ]),
  );
}

function decodedOr(text: string, problem: string): string {
  try {
    return decodeBase64(text);
  } catch {
    throw new FunctionError(problem);
  }
}

/** The original error may quote the key, so it is replaced. */
function readOr(read: () => unknown, problem: string): void {
  try {
    read();
  } catch {
    throw new FunctionError(problem);
  }
}

const SEED = 'com.lyndir.masterpassword';

/** Password templates of Master Password: a letter for each character. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  maximum: ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno'],
  long: (
    'CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv ' +
    'CvcvCvccnoCvcv CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno CvccnoCvccCvcv CvccCvccnoCvcv ' +
    'CvccCvccCvcvno CvcvnoCvccCvcc CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc CvccCvcvCvccno'
  ).split(' '),
  medium: ['CvcnoCvc', 'CvcCvcno'],
  short: ['Cvcn'],
  basic: ['aaanaaan', 'aannaaan', 'aaannaaa'],
  pin: ['nnnn'],
};
const VOWELS = 'aeiou';
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz';
const CHARACTERS: Readonly<Record<string, string>> = {
  V: VOWELS.toUpperCase(),
  C: CONSONANTS.toUpperCase(),
  v: VOWELS,
  c: CONSONANTS,
  A: (VOWELS + CONSONANTS).toUpperCase(),
  a: VOWELS.toUpperCase() + VOWELS + CONSONANTS.toUpperCase() + CONSONANTS,
  n: '0123456789',
  o: "@&%?,=[]_:-+*$#!'^~;()/.",
  x: `${VOWELS.toUpperCase() + VOWELS + CONSONANTS.toUpperCase() + CONSONANTS}0123456789!@#$%^&*()`,
};

function derivePassword(
  work: Work,
  counter: number,
  type: string,
  password: string,
  user: string,
  site: string,
): string {
  const forms = Object.hasOwn(FORMS, type) ? FORMS[type] : undefined;
  if (forms === undefined) return `cannot find password template ${type}`;
  work.step(SLOW);
  const salt = Buffer.concat([Buffer.from(SEED), counted(user)]);
  const cost = { N: 32_768, r: 8, p: 2, maxmem: 128 << 20 };
  const key = scryptSync(Buffer.from(password, 'latin1'), salt, 64, cost);
  const number = Buffer.alloc(4);
  number.writeUInt32BE(counter);
  const seed = createHmac('sha256', key)
    .update(Buffer.concat([Buffer.from(SEED), counted(site), number]))
    .digest();
  const form = forms[(seed[0] ?? 0) % forms.length] ?? '';
  return Array.from(form, (letter, index) => {
    const characters = CHARACTERS[letter] ?? '';
    return characters[(seed[index + 1] ?? 0) % characters.length];
  }).join('');
}

/** A text preceded by its length. */
function counted(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'latin1')]);
}
