import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { ModelError } from '../../models/index.ts';
import type { Answer } from './exchange.ts';

/** The page may only connect to its own endpoint, and no other page may embed or read it. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // The next endpoint at this address may have another version of the page.
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
};

interface PageFile {
  type: string;
  etag: string;
  plain: Buffer;
  zipped: Buffer;
}

let files: Promise<ReadonlyMap<string, PageFile>> | undefined;

/**
 * A file of the inspector's page at `/ui/`, which needs no login. Undefined for other paths. Throws ModelError 404 for
 * a missing file and 405 for methods other than GET and HEAD.
 */
export async function inspectorPage(request: IncomingMessage): Promise<Answer | undefined> {
  const { method = '', url = '' } = request;
  const path = url.replace(/[?#].*$/s, '');
  if (path !== '/ui' && !path.startsWith('/ui/')) return undefined;
  if (path.startsWith('/ui/api/')) return undefined;
  const details = { type: method, key: path };
  if (method !== 'GET' && method !== 'HEAD') throw new ModelError(405, 'Method not allowed', details);
  if (path === '/ui') return { status: 308, headers: { ...HEADERS, Location: '/ui/' } };
  // Read at the first request, since most endpoints never get one.
  files ??= readFiles();
  const file = (await files).get(path.slice('/ui/'.length));
  if (file === undefined) throw new ModelError(404, 'No route', details);
  const { type, etag, plain, zipped } = file;
  const headers = { ...HEADERS, ETag: etag, 'Content-Type': type };
  if (listed(request.headers['if-none-match'], etag)) return { status: 304, headers };
  const isZipped = takesGzip(request.headers['accept-encoding']);
  const bytes = isZipped ? zipped : plain;
  return {
    headers: {
      ...headers,
      ...(isZipped && { 'Content-Encoding': 'gzip' }),
      'Content-Length': `${bytes.length}`,
    },
    body: Readable.from([bytes]),
  };
}

async function readFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const { inspectorFiles } = await import('../../inspector/index.ts');
  return new Map(
    Object.entries(inspectorFiles).map(([name, { type, body }]) => {
      const plain = Buffer.from(body);
      // Weak, since gzip changes the bytes.
      const etag = `W/"${createHash('sha256').update(plain).digest('base64url')}"`;
      return [name, { type, etag, plain, zipped: gzipSync(plain) }];
    }),
  );
}

function listed(header: string | undefined, etag: string): boolean {
  const known = (header ?? '').split(',').map((one) => one.trim());
  return known.includes(etag) || known.includes('*');
}

/** Whether `Accept-Encoding` allows gzip (not `gzip;q=0`). */
function takesGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((one) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i.test(one));
}
