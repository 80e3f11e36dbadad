import { signal } from '@preact/signals';
import { ask, type EndpointError, setToken } from './endpoint.ts';

export interface Info {
  id: string;
  version: string;
  os: string;
  arch: string;
}

export interface Session {
  user: string;
  info: Info;
}

interface Granted {
  Token: string;
  Info: Info;
}

const TOKEN_SECONDS = 4 * 3600;
const RENEW_MS = 3600 * 1000;

export const session = signal<Session | undefined>(undefined);
/** Why the session ended, for the login page. */
export const ended = signal('');

let renewal: ReturnType<typeof setInterval> | undefined;

/** Throws EndpointError. The password is used for one request and not kept. */
export async function logIn(user: string, password: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  const authorization = `Basic ${btoa(String.fromCharCode(...bytes))}`;
  const { Token, Info } = await grant(user, authorization);
  setToken(Token, end);
  ended.value = '';
  session.value = { user, info: Info };
  renewal = setInterval(() => renew(user), RENEW_MS);
}

/** Clears all data. */
export function logOut(): void {
  location.reload();
}

/** Renews the token, since a page may be open for days. Its lifetime is short in case it is lost. */
async function renew(user: string): Promise<void> {
  try {
    setToken((await grant(user)).Token, end);
  } catch {
    // The endpoint may be unavailable; the token is valid for some more hours.
  }
}

function grant(user: string, authorization?: string): Promise<Granted> {
  return ask<Granted>(['users', user, 'token'], {
    query: { ttl: TOKEN_SECONDS },
    ...(authorization === undefined ? {} : { authorization }),
  });
}

function end(error: EndpointError): void {
  if (session.value === undefined) return;
  clearInterval(renewal);
  setToken('', () => {});
  ended.value = `Log in again: ${error.message}`;
  session.value = undefined;
}
