import { isAbsolute } from 'node:path';
import { urlProblem } from './entry.ts';
import type { Fields } from './fields.ts';
import { textsIn } from './secrecy.ts';
import { type Trust, trustFrom } from './trust.ts';

interface Named {
  name: string;
}

/** An entry of `callback/auths`. */
export type Auth = BasicAuth | TokenAuth | ProgramAuth;

export interface BasicAuth extends Named {
  type: 'basic';
  username: string;
  password: string;
}

/** A service that returns a token in a field of a JSON object. */
export interface TokenAuth extends Named {
  type: 'json-token';
  url: string;
  method: string;
  /** Request body; undefined for none. */
  data: unknown;
  query: Readonly<Record<string, string>>;
  tokenField: string;
  durationField: string;
  retry: number;
  delayMs: number;
  timeoutMs: number;
  trust: Trust;
}

/** A program on the endpoint's machine that prints a token. */
export interface ProgramAuth extends Named {
  type: 'exec';
  path: string;
}

const TIMEOUT_S = 60;
const LONGEST_S = 3600;
const MOST_RETRIES = 100;

/** Parses an entry; undefined for an unknown type. */
export function readAuth(name: string, fields: Fields): Auth | undefined {
  const type = fields.text('AuthType');
  const auth = ofType(name, type, fields);
  if (auth === undefined) fields.problem('AuthType', 'expected basic, json-token or exec');
  else fields.end();
  return auth;
}

function ofType(name: string, type: string | undefined, fields: Fields): Auth | undefined {
  switch (type) {
    case 'basic':
      return {
        name,
        type,
        username: needed(fields, 'Username'),
        password: fields.text('Password') ?? '',
      };
    case 'json-token':
      return readTokenAuth(name, fields);
    case 'exec': {
      const path = needed(fields, 'Path');
      if (path !== '' && !isAbsolute(path)) fields.problem('Path', 'expected the absolute path of a program');
      return { name, type, path };
    }
    default:
      return undefined;
  }
}

function readTokenAuth(name: string, fields: Fields): TokenAuth {
  const url = needed(fields, 'Url');
  const problem = url === '' ? undefined : urlProblem(url);
  if (problem !== undefined) fields.problem('Url', problem);
  const data = fields.any('Data');
  const method = (fields.text('Method') || (data === undefined ? 'GET' : 'POST')).toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(method)) fields.problem('Method', 'expected an HTTP method, POST for example');
  return {
    name,
    type: 'json-token',
    url,
    method,
    data,
    query: fields.textMap('Query'),
    tokenField: needed(fields, 'TokenField'),
    durationField: fields.text('DurationField') ?? '',
    retry: fields.number('Retry', 0, 0, MOST_RETRIES, true),
    delayMs: fields.number('Delay', 1, 0, LONGEST_S) * 1000,
    timeoutMs: fields.number('Timeout', TIMEOUT_S, 0.001, LONGEST_S) * 1000,
    trust: trustFrom(fields),
  };
}

function needed(fields: Fields, field: string): string {
  const value = fields.text(field) ?? '';
  if (value === '') fields.problem(field, 'is missing');
  return value;
}

/** The secret values of an entry. */
export function secretsOf(auth: Auth): string[] {
  if (auth.type === 'basic') return [auth.password, `${auth.username}:${auth.password}`];
  if (auth.type === 'exec') return [];
  const texts = textsIn(auth.data);
  // The body may be a form.
  const fields = texts
    .filter((text) => text.includes('='))
    .flatMap((text) => [...new URLSearchParams(text).values()]);
  return [...texts, ...fields, ...Object.values(auth.query)];
}
