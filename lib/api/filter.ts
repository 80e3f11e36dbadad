import { ModelError } from '../models/index.ts';

/** What an index's value must be, as the endpoint writes it: `Eq(x)`. Made with `filter`. */
export interface Condition {
  readonly text: string;
}

type Value = string | number | boolean;

function condition(operator: string, ...values: readonly Value[]): Condition {
  return { text: `${operator}(${values.join(',')})` };
}

/** For operators whose values are separated by commas. The endpoint knows no way to write a comma inside one. */
function listed(operator: string, ...values: readonly Value[]): Condition {
  const bad = values.find((value) => String(value).includes(','));
  if (bad !== undefined || values.length === 0) {
    const problem = bad === undefined ? 'needs a value' : `cannot have a value with a comma (${bad})`;
    throw new ModelError(400, `Filter ${operator} ${problem}`, { type: 'CLIENT_ERROR' });
  }
  return condition(operator, ...values);
}

/** The operators of list filters. Values are compared by the order of the index. */
export const filter = {
  eq: (value: Value): Condition => condition('Eq', value),
  ne: (value: Value): Condition => condition('Ne', value),
  lt: (value: Value): Condition => condition('Lt', value),
  lte: (value: Value): Condition => condition('Lte', value),
  gt: (value: Value): Condition => condition('Gt', value),
  gte: (value: Value): Condition => condition('Gte', value),
  /** One of `values`. Throws ModelError 400 for values with commas, like the four below. */
  in: (...values: readonly Value[]): Condition => listed('In', ...values),
  /** None of `values`. */
  nin: (...values: readonly Value[]): Condition => listed('Nin', ...values),
  /** From `lower` to `upper`, both included. */
  between: (lower: Value, upper: Value): Condition => listed('Between', lower, upper),
  /** Outside of what `between` takes. */
  except: (lower: Value, upper: Value): Condition => listed('Except', lower, upper),
  /** Matches a regular expression of Go's regexp package; for indexes with `Regex`. */
  re: (pattern: string): Condition => condition('Re', pattern),
} as const;

/** Names of what an object of type T can be filtered and sorted by: its fields, and `Meta.x`, params and newer indexes. */
export type IndexName<T> = (keyof T & string) | (string & {});

/** Which objects of a prefix, in which order, and how much of each. */
export interface ListFilter<T> {
  /** By index, field, `Meta.NAME` or param. A plain value must be equal; of an array, one condition must hold. */
  where?: { readonly [K in IndexName<T>]?: Condition | Value | readonly (Condition | Value)[] };
  sort?: IndexName<T> | readonly IndexName<T>[];
  reverse?: boolean;
  limit?: number;
  offset?: number;
  /** Parts to leave out. */
  slim?: readonly ('Meta' | 'Params')[];
  /** The only params to send. */
  params?: readonly string[];
  /** Open secure params. */
  decode?: boolean;
}

const RESERVED = new Set(['offset', 'limit', 'sort', 'reverse', 'slim', 'params', 'decode']);

/** The query parameters for `list`. Throws ModelError 400 for a filter on a name that means something else in a query. */
export function filterQuery<T>(list: ListFilter<T>): [string, string][] {
  const { where = {}, sort = [], reverse = false, limit, offset, slim = [], params, decode = false } = list;
  const query: [string, string][] = [];
  for (const [index, conditions] of Object.entries(where)) {
    if (conditions === undefined) continue;
    if (RESERVED.has(index)) {
      throw new ModelError(400, `Filter on ${index} is not possible: the endpoint takes it for an option`, {
        type: 'CLIENT_ERROR',
      });
    }
    for (const each of Array.isArray(conditions) ? conditions : [conditions]) {
      query.push([index, isCondition(each) ? each.text : filter.eq(each).text]);
    }
  }
  for (const index of typeof sort === 'string' ? [sort] : sort) query.push(['sort', index]);
  if (reverse) query.push(['reverse', 'true']);
  if (limit !== undefined) query.push(['limit', String(limit)]);
  if (offset !== undefined) query.push(['offset', String(offset)]);
  if (slim.length > 0) query.push(['slim', slim.join(',')]);
  if (params !== undefined) query.push(['params', params.join(',')]);
  if (decode) query.push(['decode', 'true']);
  return query;
}

function isCondition(value: unknown): value is Condition {
  return typeof value === 'object' && value !== null && 'text' in value;
}
