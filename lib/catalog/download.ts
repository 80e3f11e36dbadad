import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { realpath, rm, stat } from 'node:fs/promises';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import got from 'got';
import { ModelError, parseJson, withoutLogins } from '../models/index.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { type CatalogItem, downloadUrl, type Platform, problemOf, sumOf } from './item.ts';

const MIB = 1024 * 1024;
/** Limit in bytes for catalogs and content packs, which are read into memory. RackN's catalog has some 10 MB. */
export const LARGEST_PACK = 64 * 1024 * 1024;
/** Limit in bytes for other files. Executables have 150 MB, the largest archives of dr-provision twice that. */
const LARGEST_FILE = 1024 * 1024 * 1024;

const CONNECT_MS = 30_000;
/** How long in ms no bytes may arrive. */
const IDLE_MS = 60_000;
const MOST_REDIRECTS = 5;

export interface DownloadOptions {
  /** URL of a proxy for HTTP and HTTPS. Default: HTTP_PROXY and similar variables. */
  proxy?: string;
  /** Limit in bytes. */
  largest?: number;
  signal?: AbortSignal;
  /** Called with the progress; `total` when the server sends it. */
  onProgress?: (progress: { transferred: number; total?: number }) => void;
}

/**
 * Reads a catalog from a URL or file. Relative Sources are relative to that. Throws ModelError 400 or 502 that says
 * what is wrong.
 */
export async function fetchCatalog(
  place: string,
  options: DownloadOptions = {},
): Promise<Catalog & { place: string }> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await openPlace(place, { largest: LARGEST_PACK, ...options }))
      chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    return { ...readCatalog(parsePack(bytes)), place };
  } catch (error) {
    const code = error instanceof ModelError ? error.code : 400;
    throw new ModelError(code, withoutLogins(`Error fetching catalog: ${place}: ${reason(error)}`), {
      cause: error,
    });
  }
}

/** Parses a pack, which may be gzipped. Throws an error that says what is wrong. */
export function parsePack(bytes: Buffer): unknown {
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isPacked ? gunzipSync(bytes, { maxOutputLength: LARGEST_PACK }) : bytes;
  return parseJson(plain.toString('utf8'));
}

/**
 * Downloads an item to `file` and verifies its checksum. Returns its size in bytes. Throws ModelError that names the
 * item, and removes the file: 502 for another checksum and for failed downloads, 413 above the limit.
 */
export async function downloadItem(
  { place }: { place: string },
  item: CatalogItem,
  platform: Platform,
  file: string,
  options: DownloadOptions = {},
): Promise<number> {
  const wanted = sumOf(item, platform);
  const url = downloadUrl(item, platform);
  const hash = createHash('sha256');
  let size = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  try {
    const { largest = LARGEST_FILE } = options;
    const bound = item.ContentType === 'ContentPackage' ? Math.min(largest, LARGEST_PACK) : largest;
    const from = await openPlace(placeOf(url, place), { ...options, largest: bound });
    await pipeline(from, count, createWriteStream(file), { signal: options.signal });
  } catch (error) {
    await rm(file, { force: true });
    options.signal?.throwIfAborted();
    const code = error instanceof ModelError ? error.code : 502;
    throw problemOf(
      item,
      code,
      withoutLogins(`downloading ${url}: ${reason(error)}; nothing was installed`),
      error,
    );
  }
  const sum = hash.digest('hex');
  if (sum === wanted) return size;
  await rm(file, { force: true });
  const problem = `${withoutLogins(url)} has the SHA-256 sum ${sum}, the catalog says ${wanted}; nothing was installed`;
  throw problemOf(item, 502, problem);
}

/**
 * A Source as URL, or as a file next to the catalog. Throws ModelError 400 for a path that leads out of that folder.
 */
function placeOf(source: string, catalog: string): string {
  if (isUrl(source)) return source;
  if (isUrl(catalog)) throw new ModelError(400, `Source: expected an http or https URL, found ${source}`);
  const folder = dirname(catalog);
  const place = join(folder, decodeURIComponent(source));
  if (isAbsolute(source) || isOutside(folder, place))
    throw new ModelError(400, `Source: ${source} leads out of the folder of the catalog`);
  return place;
}

function isOutside(folder: string, place: string): boolean {
  const way = relative(folder, place);
  return way === '..' || way.startsWith('../') || isAbsolute(way);
}

function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** The bytes of a URL or file. Fails above the limit. */
async function openPlace(place: string, options: DownloadOptions): Promise<Readable> {
  const { largest = LARGEST_FILE, onProgress } = options;
  const tooLarge = () =>
    new ModelError(413, `is larger than ${Math.floor(largest / MIB)} MiB, the most that is taken`);
  const bounded = (total: number | undefined) => {
    let transferred = 0;
    if (total !== undefined && total > largest) throw tooLarge();
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        transferred += chunk.length;
        if (transferred > largest) return done(tooLarge());
        onProgress?.({ transferred, total });
        done(null, chunk);
      },
    });
  };
  const connect = (from: Readable, to: Transform) => {
    from.on('error', (error) => to.destroy(error));
    to.on('close', () => from.destroy());
    return from.pipe(to);
  };
  if (!isUrl(place)) {
    const path = await realpath(place);
    const found = await stat(path);
    if (!found.isFile()) throw new ModelError(400, 'is not a file');
    return connect(createReadStream(path), bounded(found.size));
  }
  const { body, total } = await openUrl(new URL(place), options);
  try {
    return connect(body, bounded(total));
  } catch (error) {
    body.destroy();
    throw error;
  }
}

/** The answer of a web server. Redirects are followed on the same host only. */
async function openUrl(
  first: URL,
  { proxy, signal }: DownloadOptions,
): Promise<{ body: Readable; total: number | undefined }> {
  const proxyEnv = proxy ? { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } : process.env;
  const agent = { http: new HttpAgent({ proxyEnv }), https: new HttpsAgent({ proxyEnv }) };
  let url = first;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const body = got.stream(url, {
      agent,
      signal,
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      headers: { 'accept-encoding': 'identity' },
      retry: { limit: 0 },
      timeout: { connect: CONNECT_MS, socket: IDLE_MS },
    });
    const { promise, resolve, reject } = Promise.withResolvers<{
      statusCode: number;
      headers: Record<string, string | string[] | undefined>;
    }>();
    body.once('response', resolve);
    body.once('error', reject);
    const { statusCode, headers } = await promise;
    if (statusCode === 200) {
      const length = Number(headers['content-length'] ?? Number.NaN);
      return { body, total: Number.isSafeInteger(length) ? length : undefined };
    }
    // Later errors do not matter.
    body.on('error', () => {});
    body.destroy();
    if (statusCode < 300 || statusCode >= 400 || typeof headers.location !== 'string')
      throw new ModelError(502, `the server answers ${statusCode}`);
    url = redirected(url, headers.location);
  }
  throw new ModelError(502, `the server redirects more than ${MOST_REDIRECTS} times`);
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to?.hostname === from.hostname && (to.protocol === from.protocol || to.protocol === 'https:'))
    return to;
  const target = to === undefined ? JSON.stringify(location) : `${to.protocol}//${to.host}`;
  throw new ModelError(502, `${from.host} redirects to ${target}, which the catalog does not name`);
}

function reason(error: unknown): string {
  if (error instanceof ModelError) return error.messages.join('; ');
  return error instanceof Error ? error.message : String(error);
}
