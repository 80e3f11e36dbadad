import type { Readable } from 'node:stream';
import { withoutLogins } from '../models/index.ts';

/** A file that a web server sends. */
export interface WebFile {
  body: Readable;
  /** Size in bytes, if the server sends it. */
  size: number | undefined;
}

/**
 * Requests an HTTP(S) URL given by a user. User and password in it are sent as HTTP Basic authentication to that server
 * only (`fetch` does not send them after a redirect to another). Throws an Error whose message contains no login.
 */
export async function openWebFile(address: string, signal?: AbortSignal): Promise<WebFile> {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('expected an http or https URL');
  const headers = basic(url);
  [url.username, url.password] = ['', ''];
  try {
    const answer = await fetch(url, { headers, signal });
    if (answer.ok && answer.body !== null) {
      const { Readable } = await import('node:stream');
      const size = Number(answer.headers.get('content-length') ?? Number.NaN);
      return { body: Readable.fromWeb(answer.body), size: Number.isNaN(size) ? undefined : size };
    }
    await answer.body?.cancel();
    throw new Error(`${answer.status} ${answer.statusText}`.trim());
  } catch (error) {
    // The message of fetch says little; its cause has the reason, which may name a URL of a redirect.
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(withoutLogins(reason instanceof Error ? reason.message : String(reason)));
  }
}

function basic({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const login = `${plain(username)}:${plain(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** A part of a URL, decoded; unchanged when its percent signs are not valid escapes. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
