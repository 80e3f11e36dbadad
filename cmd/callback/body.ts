import { isObject, type RawModel } from '../../lib/models/index.ts';
import type { Callback } from './entry.ts';

/** Fields that receivers must not get: with the Secret anyone can make a token of the machine. */
const SECRET_FIELDS = new Set(['Secret']);

/** The object without secret fields, for receivers and templates. */
export function withoutSecretFields(object: Readonly<RawModel>): RawModel {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !SECRET_FIELDS.has(name)));
}

/** An object as part of a body, with `params` as its params if it has any. */
export function objectBody(
  object: Readonly<RawModel>,
  params: Readonly<RawModel> | undefined,
  { excludeParams }: Callback,
): RawModel {
  const body = withoutSecretFields(object);
  const all = params ?? (isObject(object.Params) ? object.Params : undefined);
  if (all === undefined) return body;
  body.Params = Object.fromEntries(Object.entries(all).filter(([name]) => !excludeParams.includes(name)));
  return body;
}

/** The body of a callback with an override. `text` is the rendered override, if that is a string. */
export function overrideBody(override: unknown, text: string | undefined, { rawBody }: Callback): string {
  if (text === undefined) return JSON.stringify(override);
  return rawBody ? text : JSON.stringify(text);
}
