import { ModelError } from '../../../lib/models/index.ts';

const VALUE_OPERATORS = new Set(['Eq', 'Ne', 'Lt', 'Lte', 'Gt', 'Gte', 'Re', 'In', 'Nin']);
const RANGE_OPERATORS = new Set(['Between', 'Except']);
const SWITCHES = new Set(['reverse', 'decode']);
const OPTIONS = new Set(['sort', 'limit', 'offset', 'slim', 'params']);

/** Whether filters have the form `INDEX=VALUE` instead of words. As in drpcli, the first one decides. */
export function isStructured([first]: readonly string[]): boolean {
  return first?.includes('=') === true;
}

/**
 * Query parameters for filters of the form `INDEX=VALUE` or in words (`Name Eq foo sort Name reverse`). Throws
 * ModelError 400 with drpcli's messages.
 */
export function filterPairs(args: readonly string[]): [string, string][] {
  if (!isStructured(args)) return pairsOfWords(args);
  return args.map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)]);
}

function pairsOfWords(args: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  const words = [...args];
  const take = (problem: string) => words.shift() ?? refuse(problem);
  for (let name = words.shift(); name !== undefined; name = words.shift()) {
    if (SWITCHES.has(name)) pairs.push([name, 'true']);
    else if (OPTIONS.has(name)) pairs.push([name, take(`: ${name} requires exactly one parameter`)]);
    else pairs.push([name, condition(name, take)]);
  }
  return pairs;
}

function condition(name: string, take: (problem: string) => string): string {
  const word = take(`: ${name} requires an op and at least 1 parameter`);
  const operator = word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
  if (VALUE_OPERATORS.has(operator)) {
    return `${operator}(${take(`: ${name} op ${operator} requires 1 parameter`)})`;
  }
  if (!RANGE_OPERATORS.has(operator)) return refuse(` ${name}: unknown op ${operator}`);
  const problem = `: ${name} op ${operator} requires 1 or 2 parameters`;
  const lower = take(problem);
  return lower.includes(',') ? `${operator}(${lower})` : `${operator}(${lower},${take(problem)})`;
}

function refuse(problem: string): never {
  throw new ModelError(400, `Invalid Filter${problem}`, { type: 'CLIENT_ERROR' });
}
