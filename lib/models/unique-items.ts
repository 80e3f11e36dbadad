/**
 * The Ajv keyword `uniqueItems` in linear time. Ajv's own compares every pair: twenty thousand objects took 21 s.
 * Errors are like Ajv's, with the indexes of both items as `i` and `j`.
 */
export const UNIQUE_ITEMS = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  compile(isWanted: boolean) {
    const validate: Validate = (items) => {
      const found = isWanted ? equalItems(items) : undefined;
      validate.errors =
        found === undefined
          ? []
          : [
              {
                keyword: 'uniqueItems',
                message: `must NOT have duplicate items (items ## ${found.j} and ${found.i} are identical)`,
                params: found,
              },
            ];
      return found === undefined;
    };
    return validate;
  },
} as const;

interface Validate {
  (items: unknown[]): boolean;
  errors?: { keyword: string; message: string; params: { i: number; j: number } }[];
}

function equalItems(items: readonly unknown[]): { i: number; j: number } | undefined {
  const places = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const text = sortedJson(item);
    const j = places.get(text);
    if (j !== undefined) return { i, j };
    places.set(text, i);
  }
  return undefined;
}

/** JSON that is the same for equal values, whatever the order of their members. */
function sortedJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sortedJson(member)}`).join(',')}}`;
}
