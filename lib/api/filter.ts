import { ModelError } from '../models/index.ts';

/** A condition on the value of an index, in the endpoint's notation: `Eq(x)`. Made with `filter`. */
export interface Condition {
  readonly text: string;
}

type Value = string | number | boolean;

function condition(operator: string, ...values: readonly Value[]): Condition {
  return { text: `${operator}(${values.join(',')})` };
}

/** For operators with comma-separated values. The endpoint has no escape for a comma. */
function listed(operator: string, ...values: readonly Value[]): Condition {
  const bad = values.find((value) => String(value).includes(','));
  if (bad !== undefined || values.length === 0) {
    const problem = bad === undefined ? 'needs a value' : `cannot have a value with a comma (${bad})`;
    throw new ModelError(400, `Filter ${operator} ${problem}`, { type: 'CLIENT_ERROR' });
  }
  return condition(operator, ...values);
}

/** The operators of list filters. Values compare in the order of the index. */
export const filter = {
  eq: (value: Value): Condition => condition('Eq', value),
  ne: (value: Value): Condition => condition('Ne', value),
  lt: (value: Value): Condition => condition('Lt', value),
  lte: (value: Value): Condition => condition('Lte', value),
  gt: (value: Value): Condition => condition('Gt', value),
  gte: (value: Value): Condition => condition('Gte', value),
  /** One of `values`. This and the next three throw ModelError 400 for values with commas. */
  in: (...values: readonly Value[]): Condition => listed('In', ...values),
  /** None of `values`. */
  nin: (...values: readonly Value[]): Condition => listed('Nin', ...values),
  /** From `lower` to `upper`, both included. */
  between: (lower: Value, upper: Value): Condition => listed('Between', lower, upper),
  /** Outside of the range of `between`. */
  except: (lower: Value, upper: Value): Condition => listed('Except', lower, upper),
  /** Matches a regular expression of Go's regexp package. Only for indexes with `Regex`. */
  re: (pattern: string): Condition => condition('Re', pattern),
} as const;

/**
 * Names by which objects of type T can be filtered and sorted: fields, `Meta.x`, params, and indexes of newer
 * endpoints.
 */
export type IndexName<T> = (keyof T & string) | (string & {});

/** Selects the objects of a list, their order, and their parts. */
export interface ListFilter<T> {
  /**
   * Conditions by index, field, `Meta.NAME` or param. A plain value means equality; of an array, one condition must
   * hold.
   */
  where?: { readonly [K in IndexName<T>]?: Condition | Value | readonly (Condition | Value)[] };
  sort?: IndexName<T> | readonly IndexName<T>[];
  reverse?: boolean;
  limit?: number;
  offset?: number;
  /** Parts to leave out. */
  slim?: readonly ('Meta' | 'Params')[];
  /** The only params to include. */
  params?: readonly string[];
  /** Decrypt secure params. */
  decode?: boolean;
}

const RESERVED = new Set(['offset', 'limit', 'sort', 'reverse', 'slim', 'params', 'decode']);

/** The query parameters for `list`. Throws ModelError 400 for a filter name that is reserved in queries. */
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
