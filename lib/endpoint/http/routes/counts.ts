/** Headers with the sizes of a list: all objects of the type, those that pass the filters, and those in this answer. */
export function countHeaders(counts: {
  total: number;
  filtered: number;
  listed: number;
}): Record<string, string> {
  return {
    'X-DRP-LIST-TOTAL-COUNT': `${counts.total}`,
    'X-DRP-LIST-FILTER-COUNT': `${counts.filtered}`,
    'X-DRP-LIST-COUNT': `${counts.listed}`,
  };
}
