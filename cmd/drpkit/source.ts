import type { Readable } from 'node:stream';
import type { Source } from '../../lib/api/index.ts';
import { ModelError, withoutLogins } from '../../lib/models/index.ts';

/** How long in ms a server may take to begin its answer. */
const ANSWER_MS = 60_000;

/** The bytes of a file or an HTTP(S) URL. Throws ModelError 400 that tells what was expected. */
export async function openSource(name: string): Promise<Source> {
  const { stat } = await import('node:fs/promises');
  // Some texts are not valid file names.
  const file = await stat(name).catch(() => undefined);
  if (file?.isFile() === true) return { file: name };
  if (isUrl(name)) return download(name);
  throw new ModelError(400, withoutLogins(`Error opening ${name}: Must specify a file or url`));
}

export function isUrl(name: string): boolean {
  return /^https?:\/\//.test(name);
}

/**
 * The bytes from a web server, with the login in the URL if there is one. Throws ModelError 502 when it does not send
 * them.
 */
export async function download(url: string): Promise<Readable> {
  const { openWebFile } = await import('../../lib/api/index.ts');
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new Error(`no answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  try {
    return (await openWebFile(url, patience.signal)).body;
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new ModelError(502, withoutLogins(`Error opening ${url}: ${reason}`), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
