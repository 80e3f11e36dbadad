import type { Params as PackParams } from '../../content/ipmi.generated.ts';
import { refusal } from '../../lib/ipmi/index.ts';

/** The params of the content pack, and the one of the core content that holds the machine's boot mode. */
export interface KnownParams extends PackParams {
  'detected-bios-mode'?: string;
}

export type ParamName = keyof KnownParams;

/** The params of an action. The values are untrusted: each is checked where it is read. */
export type Params = Readonly<Partial<Record<ParamName, unknown>>>;

/** A required text param. Throws ModelError 400 that names it and never quotes the value, which may be a secret. */
export function textParam(params: Params, name: ParamName): string {
  const value = params[name];
  if (typeof value === 'string') return value;
  throw refusal(400, `${name}: expected a string, found ${kindOf(value)}`);
}

/** A param with one of the values `choices`. Throws ModelError 400. */
export function choiceParam<C extends string>(params: Params, name: ParamName, choices: readonly C[]): C {
  const value = textParam(params, name);
  const choice = choices.find((other) => other === value);
  if (choice !== undefined) return choice;
  throw refusal(400, `${name}: expected ${choices.join(' or ')}, found ${JSON.stringify(value)}`);
}

/** A param with a whole number from 0 to `max`; default `otherwise`. Throws ModelError 400. */
export function numberParam(params: Params, name: ParamName, max: number, otherwise: number): number {
  const value = params[name] ?? otherwise;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value;
  const found = typeof value === 'number' ? value : kindOf(value);
  throw refusal(400, `${name}: expected a whole number from 0 to ${max}, found ${found}`);
}

/** A boolean param; default false. Throws ModelError 400. */
export function switchParam(params: Params, name: ParamName): boolean {
  const value = params[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw refusal(400, `${name}: expected true or false, found ${kindOf(value)}`);
}

/** Whether the machine boots by UEFI and not by legacy BIOS. Throws ModelError 400. */
export function bootsByUefi(params: Params): boolean {
  return choiceParam(params, 'detected-bios-mode', ['uefi', 'legacy-bios']) === 'uefi';
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
