import { isObject, type RawModel } from '../../lib/models/index.ts';
import type { Callback } from './entry.ts';

/** What a receiver is not to have: with it anybody gets a token of the machine. */
const NEVER = new Set(['Secret']);

/** An object as receivers and templates may see it. */
export function presentable(object: Readonly<RawModel>): RawModel {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !NEVER.has(name)));
}

/** An object as it goes into a body: with `params` as its params, where it has any. */
export function objectBody(
  object: Readonly<RawModel>,
  params: Readonly<RawModel> | undefined,
  { excludeParams }: Callback,
): RawModel {
  const body = presentable(object);
  const all = params ?? (isObject(object.Params) ? object.Params : undefined);
  if (all === undefined) return body;
  body.Params = Object.fromEntries(Object.entries(all).filter(([name]) => !excludeParams.includes(name)));
  return body;
}

/** A body of somebody else's making: `text` is what a text became when it was rendered. */
export function overrideBody(override: unknown, text: string | undefined, { rawBody }: Callback): string {
  if (text === undefined) return JSON.stringify(override);
  return rawBody ? text : JSON.stringify(text);
}
