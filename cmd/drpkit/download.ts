import type { Client, QueryValue } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { printAll } from './output/print.ts';

/** How long in ms no bytes may arrive. Long, since some data are collected first. */
const IDLE_MS = 600_000;

/** Writes the endpoint's data at `path` to a file by way of `file.part`, or with `-` to stdout. Throws ModelError. */
export async function downloaded(
  endpoint: Client,
  path: readonly string[],
  file: string,
  query: Readonly<Record<string, QueryValue>> = {},
): Promise<void> {
  const { body } = await endpoint.open({ path, query, idleTimeout: IDLE_MS });
  if (file === '-') return printAll(body);
  const [{ createWriteStream }, { rename, rm }, { pipeline }] = await Promise.all([
    import('node:fs'),
    import('node:fs/promises'),
    import('node:stream/promises'),
  ]);
  const part = `${file}.part`;
  try {
    await pipeline(body, createWriteStream(part));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const reason = error instanceof Error ? error.message : error;
    throw new ModelError(502, `Downloading ${path.join('/')} to ${file}: ${reason}`, { cause: error });
  }
}
