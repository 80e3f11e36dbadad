import path from 'node:path';
import { ModelError, withoutLogins } from '../models/index.ts';
import type { Blobs } from './blobs.ts';
import { requireFileName } from './install.ts';
import type { BootEnv } from './known.ts';
import type { TransferOptions } from './request.ts';
import { openWebFile } from './web-file.ts';

export interface IsoOptions extends TransferOptions {
  /** Download images that the folder lacks into it, from the URL in the boot environment. */
  download?: boolean;
}

interface Image {
  name: string;
  /** Download URL; empty when unknown. */
  url: string;
  /** In hex; empty when unknown. */
  sha256: string;
}

/**
 * Uploads from `folder` the ISO images that a boot environment needs and the endpoint lacks. Returns their names.
 * Throws ModelError that names the image: 404 when it is not in the folder and cannot be downloaded, 502 when the
 * download fails or does not have the boot environment's checksum.
 */
export async function uploadIsos(
  isos: Blobs,
  bootEnv: Readonly<BootEnv>,
  folder: string,
  { download = false, ...options }: IsoOptions = {},
): Promise<string[]> {
  const needed = imagesOf(bootEnv);
  if (needed.size === 0) return [];
  const there = new Set(await isos.list('/', options));
  const missing = [...needed.values()].filter(({ name }) => !there.has(name));
  for (const { name } of missing) requireFileName('isos', name);
  const { access, mkdir } = await import('node:fs/promises');
  for (const image of missing) {
    const file = path.join(folder, image.name);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    if (!download) throw problem(404, image, `Neither the endpoint nor ${folder} has it`);
    if (image.url === '') {
      throw problem(
        404,
        image,
        `Neither the endpoint nor ${folder} has it, and the boot environment has no IsoUrl`,
      );
    }
    await mkdir(folder, { recursive: true });
    await fetchImage(image, file, options);
  }
  for (const { name } of missing) await isos.upload(name, { file: path.join(folder, name) }, options);
  return missing.map(({ name }) => name);
}

/** The images of all architectures, by name. */
function imagesOf({ OS }: Readonly<BootEnv>): Map<string, Image> {
  const own = { IsoFile: OS.IsoFile, IsoUrl: OS.IsoUrl, Sha256: OS.IsoSha256 };
  const all = [own, ...Object.values(OS.SupportedArchitectures ?? {})];
  return new Map(
    all.flatMap(({ IsoFile: name, IsoUrl, Sha256 }): [string, Image][] =>
      name ? [[name, { name, url: IsoUrl ?? '', sha256: (Sha256 ?? '').toLowerCase() }]] : [],
    ),
  );
}

/** Downloads an image to `file.part`, which is renamed when complete and removed after a failure. */
async function fetchImage(
  image: Image,
  file: string,
  { signal, onProgress }: TransferOptions,
): Promise<void> {
  const [{ createHash }, { createWriteStream }, { rename, rm }, { pipeline }] = await Promise.all([
    import('node:crypto'),
    import('node:fs'),
    import('node:fs/promises'),
    import('node:stream/promises'),
  ]);
  const part = `${file}.part`;
  const hash = createHash('sha256');
  try {
    const { body, size: total } = await openWebFile(image.url, signal);
    let transferred = 0;
    const counted = async function* (source: AsyncIterable<Uint8Array>) {
      for await (const chunk of source) {
        hash.update(chunk);
        transferred += chunk.length;
        onProgress?.({ transferred, total });
        yield chunk;
      }
    };
    await pipeline(body, counted, createWriteStream(part), { signal });
    const sum = hash.digest('hex');
    if (image.sha256 !== '' && sum !== image.sha256) {
      throw new Error(`its SHA-256 is ${sum}, should be ${image.sha256}`);
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : error;
    throw problem(502, image, `Downloading ${image.url}: ${reason}`, error);
  }
}

function problem(code: number, { name }: Image, message: string, cause?: unknown): ModelError {
  return new ModelError(code, withoutLogins(message), {
    type: 'CLIENT_ERROR',
    model: 'isos',
    key: name,
    cause,
  });
}
