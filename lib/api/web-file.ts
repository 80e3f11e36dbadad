import type { Readable } from 'node:stream';
import { withoutLogins } from '../models/index.ts';

/** A file that a web server sends. */
export interface WebFile {
  body: Readable;
  /** Its size in bytes, where the server says. */
  size: number | undefined;
}

/**
 * What is at an http or https URL that somebody has given. User and password in it are sent as HTTP Basic, to that server alone
 * (`fetch` does not pass them on to where it is redirected to). Throws an Error whose message may be shown: there is no login in it.
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
    // What fetch throws says little, and has the reason as its cause. That may name a URL that the server redirects to.
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(withoutLogins(reason instanceof Error ? reason.message : String(reason)));
  }
}

function basic({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const login = `${plain(username)}:${plain(password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** What a part of a URL stands for; where its percent signs are no escapes, it is the text itself. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
