import { kindName } from '../values/kind.ts';
import { Dict, FunctionError } from '../values/value.ts';
import { NIL_DEREFERENCE } from './cast.ts';
import { type Functions, fn } from './define.ts';
import { EMPTY_URL, hostname, parseUrl, type Url, urlText, userText } from './url.ts';

const DICT = 'map[string]interface {}';

export const URLS: Functions = {
  urlParse: fn(['string'], DICT, (text) => {
    const url = parsed(text, 'unable to parse url');
    const { scheme, host, path, query, opaque, fragment } = url;
    const parts = {
      scheme,
      host,
      hostname: hostname(url),
      path,
      query,
      opaque,
      fragment,
      userinfo: userText(url),
    };
    return new Dict(new Map(Object.entries(parts)));
  }),
  urlJoin: fn([DICT], 'string', (parts) => {
    const userinfo = part(parts, 'userinfo');
    const user =
      userinfo === ''
        ? undefined
        : parsed(`proto://${userinfo}@host`, 'unable to parse userinfo in dict').user;
    return urlText({
      ...EMPTY_URL,
      scheme: part(parts, 'scheme'),
      host: part(parts, 'host'),
      path: part(parts, 'path'),
      query: part(parts, 'query'),
      opaque: part(parts, 'opaque'),
      fragment: part(parts, 'fragment'),
      user,
    });
  }),
};

function parsed(text: string, problem: string): Url {
  try {
    return parseUrl(text);
  } catch (error) {
    if (error instanceof FunctionError) throw new FunctionError(`${problem}: ${error.message}`);
    throw error;
  }
}

function part({ entries }: Dict, key: string): string {
  if (!entries.has(key)) return '';
  const value = entries.get(key);
  if (typeof value === 'string') return value;
  if (value === undefined) throw new FunctionError(NIL_DEREFERENCE);
  throw new FunctionError(`unable to parse ${key} key, must be of type string, but ${kindName(value)} found`);
}
