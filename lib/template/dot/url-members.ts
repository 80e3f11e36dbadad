import { fromBytes, toBytes } from '../bytes.ts';
import { parseUrl } from '../functions/url.ts';
import { type Members, MethodError, method } from './members.ts';

const PARSE = method(2, 'string', urlPart);

/** `.ParseUrl scheme|host|path URL`, in both of its spellings. */
export const URL_MEMBERS: Members = new Map([
  ['ParseUrl', PARSE],
  ['ParseURL', PARSE],
]);

function urlPart(segment: string, text: string): string {
  const { scheme, host, path } = parseUrl(toBytes(text));
  if (segment === 'scheme') return fromBytes(scheme);
  if (segment === 'host') return fromBytes(host);
  if (segment === 'path') return fromBytes(path);
  throw new MethodError(`No idea how to get URL part ${segment} from ${text}`);
}
