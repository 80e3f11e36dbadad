import { quote } from '../quote.ts';
import { FunctionError } from '../values/value.ts';
import { escapePart, isPlain, unescapePart } from './url-text.ts';

/** A URL parsed as by Go's net/url. */
export interface Url {
  scheme: string;
  opaque: string;
  user: { name: string; password: string | undefined } | undefined;
  host: string;
  path: string;
  /** The original path, if escaping `path` gives another text. */
  rawPath: string;
  omitsHost: boolean;
  forcesQuery: boolean;
  query: string;
  fragment: string;
}

/** Go's url.Parse. Throws FunctionError with its message, `parse "...": ...`. */
export function parseUrl(text: string): Url {
  const hash = text.indexOf('#');
  const [whole, fragment] = hash === -1 ? [text, ''] : [text.slice(0, hash), text.slice(hash + 1)];
  const url = inContext(whole, () => parseWhole(whole));
  url.fragment = inContext(text, () => unescapePart(fragment, 'fragment'));
  return url;
}

function inContext<Result>(text: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FunctionError) throw new FunctionError(`parse ${quote(text)}: ${error.message}`);
    throw error;
  }
}

export const EMPTY_URL: Url = {
  scheme: '',
  opaque: '',
  user: undefined,
  host: '',
  path: '',
  rawPath: '',
  omitsHost: false,
  forcesQuery: false,
  query: '',
  fragment: '',
};

function parseWhole(text: string): Url {
  const url = { ...EMPTY_URL };
  if (Array.from(text).some((byte) => byte < ' ' || byte === '\x7f'))
    throw new FunctionError('net/url: invalid control character in URL');
  if (text === '*') return { ...url, path: '*' };
  let rest = takeScheme(url, text);
  if (rest.endsWith('?') && rest.indexOf('?') === rest.length - 1) {
    url.forcesQuery = true;
    rest = rest.slice(0, -1);
  } else {
    const mark = rest.indexOf('?');
    if (mark !== -1) [rest, url.query] = [rest.slice(0, mark), rest.slice(mark + 1)];
  }
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') return { ...url, opaque: rest };
    if (firstSegment(rest).includes(':'))
      throw new FunctionError('first path segment in URL cannot contain colon');
  }
  if (rest.startsWith('//') && (url.scheme !== '' || !rest.startsWith('///'))) {
    const end = rest.indexOf('/', 2);
    const authority = end === -1 ? rest.slice(2) : rest.slice(2, end);
    rest = end === -1 ? '' : rest.slice(end);
    takeAuthority(url, authority);
  } else if (url.scheme !== '' && rest.startsWith('/')) url.omitsHost = true;
  url.path = unescapePart(rest, 'path');
  url.rawPath = escapePart(url.path, 'path') === rest ? '' : rest;
  return url;
}

function takeScheme(url: Url, text: string): string {
  if (text.startsWith(':')) throw new FunctionError('missing protocol scheme');
  const scheme = /^([a-zA-Z][a-zA-Z0-9+\-.]*):/.exec(text)?.[1];
  if (scheme === undefined) return text;
  url.scheme = scheme.toLowerCase();
  return text.slice(scheme.length + 1);
}

function firstSegment(path: string): string {
  return path.split('/', 1)[0] ?? '';
}

function takeAuthority(url: Url, authority: string): void {
  const at = authority.lastIndexOf('@');
  url.host = parseHost(authority.slice(at + 1));
  if (at === -1) return;
  const userinfo = authority.slice(0, at);
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo))
    throw new FunctionError('net/url: invalid userinfo');
  const colon = userinfo.indexOf(':');
  const name = unescapePart(colon === -1 ? userinfo : userinfo.slice(0, colon), 'password');
  const password = colon === -1 ? undefined : unescapePart(userinfo.slice(colon + 1), 'password');
  url.user = { name, password };
}

function parseHost(host: string): string {
  const bracket = host.startsWith('[') ? host.lastIndexOf(']') : undefined;
  if (bracket === -1) throw new FunctionError("missing ']' in host");
  const colon = host.lastIndexOf(':');
  const port = bracket !== undefined ? host.slice(bracket + 1) : colon === -1 ? '' : host.slice(colon);
  if (!isPort(port)) throw new FunctionError(`invalid port ${quote(port)} after host`);
  const zone = bracket === undefined ? -1 : host.slice(0, bracket).indexOf('%25');
  if (zone === -1) return unescapePart(host, 'host');
  const [address, name, rest] = [host.slice(0, zone), host.slice(zone, bracket), host.slice(bracket)];
  return unescapePart(address, 'host') + unescapePart(name, 'zone') + unescapePart(rest, 'host');
}

function isPort(text: string): boolean {
  return text === '' || /^:\d*$/.test(text);
}

export function hostname({ host }: Url): string {
  const colon = host.lastIndexOf(':');
  const name = colon !== -1 && isPort(host.slice(colon)) ? host.slice(0, colon) : host;
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}

export function userText({ user }: Url): string {
  if (user === undefined) return '';
  const name = escapePart(user.name, 'password');
  return user.password === undefined ? name : `${name}:${escapePart(user.password, 'password')}`;
}

export function urlText(url: Url): string {
  const { scheme, opaque, user, host, query, fragment } = url;
  let text = scheme === '' ? '' : `${scheme}:`;
  if (opaque !== '') text += opaque;
  else {
    const hasAuthority = host !== '' || user !== undefined;
    if (hasAuthority || (scheme !== '' && url.path !== '' && !url.omitsHost)) text += '//';
    if (user !== undefined) text += `${userText(url)}@`;
    text += escapePart(host, 'host');
    const path = escapedPath(url);
    if (path !== '' && !path.startsWith('/') && host !== '') text += '/';
    if (text === '' && firstSegment(path).includes(':')) text += './';
    text += path;
  }
  if (url.forcesQuery || query !== '') text += `?${query}`;
  return fragment === '' ? text : `${text}#${escapePart(fragment, 'fragment')}`;
}

function escapedPath({ path, rawPath }: Url): string {
  const isValid = Array.from(rawPath).every(
    (byte) => "!$&'()*+,;=:@[]%".includes(byte) || isPlain(byte, 'path'),
  );
  if (rawPath !== '' && isValid) return rawPath;
  return path === '*' ? '*' : escapePart(path, 'path');
}
