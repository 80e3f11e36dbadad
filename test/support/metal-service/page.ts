/** Items that a list endpoint returns at once at the most (introduction of the API reference, "Pagination"). */
const MOST = 100;
/** Parameter `per_page` of the OpenAPI document. */
const DEFAULT = 10;

/** The part of a list that `page` and `per_page` ask for, with the schema Meta. */
export function paged<T>(name: string, items: readonly T[], path: string, query: URLSearchParams): object {
  const size = Math.min(MOST, Number(query.get('per_page') ?? DEFAULT));
  const page = Number(query.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (number: number) => ({ href: `${path}?page=${number}&per_page=${size}` });
  return {
    [name]: items.slice((page - 1) * size, page * size),
    meta: {
      first: link(1),
      previous: page > 1 ? link(page - 1) : null,
      self: link(page),
      next: page < last ? link(page + 1) : null,
      last: link(last),
      current_page: page,
      last_page: last,
      total: items.length,
    },
  };
}
