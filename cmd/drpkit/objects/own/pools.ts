import { type Command, type Subgroup, UsageError } from '../../command.ts';
import type { Context } from '../../context.ts';
import type { Flag } from '../../flags.ts';
import { readObject } from '../../input.ts';

/** Flags with comma-separated lists, and the endpoint's names for them. */
const LISTS: Readonly<Record<string, string>> = {
  'add-profiles': 'pool/add-profiles',
  'machine-list': 'pool/machine-list',
  'remove-parameters': 'pool/remove-parameters',
  'remove-profiles': 'pool/remove-profiles',
};

const TEXTS: Readonly<Record<string, string>> = {
  'new-workflow': 'pool/workflow',
  'wait-timeout': 'pool/wait-timeout',
};

const FLAGS: readonly Flag[] = [
  { name: 'all-machines', about: 'All machines that are to be had' },
  { name: 'minimum', value: 'int', default: '0', about: 'Fail with fewer machines; the count unless given' },
  { name: 'count', value: 'int', default: '0', about: 'How many machines; 1 unless others are named' },
  { name: 'machine-list', value: 'string', about: 'Which machines: Uuids or FIELD:VALUE, with commas' },
  {
    name: 'wait-timeout',
    value: 'string',
    about: 'How long to wait until it is done: seconds, or as in 30m',
  },
  { name: 'new-workflow', value: 'string', about: 'Workflow to set on the machines' },
  { name: 'add-profiles', value: 'string', about: 'Profiles to add to the machines, with commas' },
  { name: 'remove-profiles', value: 'string', about: 'Profiles to take away from the machines, with commas' },
  { name: 'remove-parameters', value: 'string', about: 'Params to unset on the machines, with commas' },
  {
    name: 'add-parameters',
    value: 'string',
    about: 'Params to set on the machines: an object, JSON or YAML',
  },
];

const SOURCE: Flag = { name: 'source-pool', value: 'string', about: 'The pool to take machines from' };

export const poolCommands: readonly (Command | Subgroup)[] = [
  {
    use: 'status [pool]',
    summary: 'Show the machines of a pool, and in which state each is in it',
    check: (args) => (args.length === 1 ? undefined : 'Must provide a pool'),
    async run(context) {
      const path = ['pools', context.arg(0), 'status'];
      await context.show(await (await context.endpoint()).request({ path }));
    },
  },
  {
    use: 'active',
    summary: 'List the pools that have machines',
    check: ({ length }) => (length === 0 ? undefined : 'Does not take parameters'),
    async run(context) {
      await context.show(await (await context.endpoint()).request({ path: ['pools-active'] }));
    },
  },
  {
    use: 'manage',
    summary: 'Move machines into pools, out of them, and into use',
    flags: FLAGS,
    commands: [
      managing('add', 'Move free machines into a pool, from the default one unless told', [SOURCE]),
      managing('remove', 'Move free machines out of a pool, into the default one'),
      managing('allocate', 'Take free machines of a pool into use'),
      managing('release', 'Give machines in use back to their pool'),
    ],
  },
];

function managing(name: string, summary: string, flags: readonly Flag[] = []): Command {
  return {
    use: `${name} [id] [filters...]`,
    summary,
    details: 'Filters say which machines, as for machines list: INDEX=VALUE or INDEX=OPERATOR(VALUES).',
    flags,
    check: (args) => (args.length > 0 ? undefined : 'Must specify a pool id'),
    async run(context) {
      const [id = ''] = context.args;
      const json = await paramsOf(context);
      const query = {
        force: context.on('force') || undefined,
        'source-pool': name === 'add' ? context.given('source-pool') : undefined,
      };
      const endpoint = await context.endpoint();
      const path = ['pools', id, `${name}Machines`];
      await context.show(await endpoint.request({ method: 'POST', path, query, json }));
    },
  };
}

/** The request for flags and filters. Throws UsageError for contradictions. */
async function paramsOf(context: Context): Promise<Record<string, unknown>> {
  const isAll = context.on('all-machines');
  const list = context.text('machine-list');
  const given = context.number('count');
  if (isAll && given > 0) throw new UsageError('Must choose count or all-machines, but not both');
  if (list !== '' && (isAll || given > 0)) {
    throw new UsageError('machine-list must not be specified with count or all-machines');
  }
  const count = given === 0 && !isAll && list === '' ? 1 : given;
  const minimum = context.number('minimum');
  if (minimum > count) throw new UsageError('count must be greater than minimum');
  const params = context.given('add-parameters');
  const filters = context.args.slice(1);
  return {
    'pool/all-machines': isAll,
    'pool/count': count,
    'pool/minimum': minimum || count,
    ...flagsAs(context, TEXTS, (text) => text),
    ...flagsAs(context, LISTS, (text) => text.split(',').map((item) => item.trim())),
    ...(params === undefined
      ? {}
      : {
          'pool/add-parameters': await readObject(
            params,
            'add-parameters is not a valid JSON or YAML string or file',
          ),
        }),
    ...(filters.length > 0 ? { 'pool/filter': filters } : {}),
  };
}

function flagsAs(
  context: Context,
  names: Readonly<Record<string, string>>,
  value: (text: string) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(names).flatMap(([flag, name]): [string, unknown][] => {
    const text = context.text(flag);
    return text === '' ? [] : [[name, value(text)]];
  });
  return Object.fromEntries(entries);
}
