import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';
import { filterPairs, isStructured } from './filter-words.ts';
import type { Kind } from './kinds.ts';
import { partFlags } from './parts.ts';
import { prefixOf } from './prefix.ts';

const PAGE_FLAGS: readonly Flag[] = [
  { name: 'limit', value: 'int', about: 'Return at most so many items' },
  { name: 'offset', value: 'int', about: 'Skip so many items' },
];

const FILTERS = `Filters are INDEX=VALUE or INDEX=OPERATOR(VALUES), as in Name=Re(^rack) or Name=In(a,b), or in words:
INDEX OPERATOR VALUE, as in Name Eq foo. INDEX is a field, a param or Meta.NAME. Operators: Eq, Ne, Lt, Lte, Gt, Gte,
Re, In, Nin (values separated by commas), Between and Except (a lower and an upper value). Further words are
reverse, sort INDEX, limit NUMBER and offset NUMBER.`;

export function listCommands(kind: Kind): Command[] {
  return [
    {
      use: 'list [filters...]',
      summary: `List ${kind.prefix}`,
      details: FILTERS,
      examples: ['list', "list 'Available=Eq(false)'", 'list Available Eq false limit 10'],
      flags: [...PAGE_FLAGS, ...partFlags(kind)],
      check: checkFilters,
      async run(context) {
        const prefix = prefixOf(kind, context);
        const endpoint = await context.endpoint();
        const query = queryOf(context);
        await context.show((await endpoint.request({ path: [prefix], query })) ?? []);
      },
    },
    {
      use: 'count [filters...]',
      summary: `Count ${kind.prefix}`,
      details: FILTERS,
      check: checkFilters,
      async run(context) {
        const prefix = prefixOf(kind, context);
        const endpoint = await context.endpoint();
        const query = queryOf(context);
        const { headers } = await endpoint.send({ method: 'HEAD', path: [prefix], query });
        const count = headers['x-drp-list-filter-count'] ?? headers['x-drp-list-count'];
        if (typeof count === 'string' && /^\d+$/.test(count)) return context.show(Number(count));
        throw new ModelError(502, `counting ${prefix}: the endpoint does not say how many there are`);
      },
    },
    {
      use: 'indexes',
      summary: `Show what ${kind.prefix} can be filtered and sorted by`,
      async run(context) {
        const endpoint = await context.endpoint();
        await context.show(await endpoint.indexes(prefixOf(kind, context)));
      },
    },
  ];
}

function checkFilters(args: readonly string[]): string | undefined {
  if (!isStructured(args)) return undefined;
  const bad = args.find((arg) => !arg.includes('='));
  return bad === undefined ? undefined : `Filter argument requires an '=' separator: ${bad}`;
}

/** The filters in arguments and flags. */
function queryOf(context: Context): [string, string][] {
  const query = filterPairs(context.args);
  for (const name of ['limit', 'offset', 'slim', 'params', 'decode']) {
    const value = context.given(name);
    if (value !== undefined && value !== '' && value !== 'false' && value !== '-1') query.push([name, value]);
  }
  return query;
}
