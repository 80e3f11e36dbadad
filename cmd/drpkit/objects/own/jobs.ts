import { isObject, ModelError } from '../../../../lib/models/index.ts';
import { between, type Command, takes } from '../../command.ts';
import type { Context } from '../../context.ts';
import { parseInput, readText } from '../../input.ts';
import { printAll } from '../../output/print.ts';

/** Flags of `purge` and the endpoint's names for them. */
const PURGE: Readonly<Record<string, string>> = {
  machine: 'machine',
  'jobs-to-keep': 'jobsToKeep',
  'failed-after': 'failedJobsPurgedAfter',
  'complete-after': 'completeJobsPurgedAfter',
};

export const jobCommands: readonly Command[] = [
  {
    use: 'create [json]',
    summary: 'Create the next job of a machine',
    details: 'The JSON names the Machine by its Uuid; the Uuid or the Name of a machine alone will do.',
    examples: ['create web1'],
    check: takes([1]),
    async run(context) {
      const json = await newJob(context);
      await context.show(await (await context.endpoint()).request({ method: 'POST', path: ['jobs'], json }));
    },
  },
  {
    use: 'log [id] [- or string]',
    summary: 'Show the log of a job, or add to it',
    check: between(1, 2),
    async run(context) {
      const path = ['jobs', context.arg(0), 'log'];
      const endpoint = await context.endpoint();
      if (context.args.length === 1) return printAll((await endpoint.open({ path })).body);
      const body = context.arg(1) === '-' ? process.stdin : context.arg(1);
      await endpoint.request({ method: 'PUT', path, body });
    },
  },
  {
    use: 'actions [id]',
    summary: 'Show what a job does: the rendered templates of its task',
    flags: [{ name: 'for-os', value: 'string', about: 'Only what is for this operating system' }],
    check: takes([1]),
    async run(context) {
      const query = { os: context.given('for-os') };
      const endpoint = await context.endpoint();
      await context.show(await endpoint.request({ path: ['jobs', context.arg(0), 'actions'], query }));
    },
  },
  {
    use: 'purge',
    summary: 'Delete the jobs that need not be kept',
    details: 'Which those are, the preferences of the endpoint say (prefs list), unless flags do.',
    flags: [
      { name: 'dry-run', about: 'Only say which they would be' },
      {
        name: 'machine',
        value: 'string',
        about: 'Jobs of this machine only; missing: of machines that are gone',
      },
      { name: 'jobs-to-keep', value: 'string', about: 'How many jobs of a machine to keep' },
      { name: 'failed-after', value: 'string', about: 'How long failed jobs are kept' },
      { name: 'complete-after', value: 'string', about: 'How long other jobs are kept' },
    ],
    async run(context) {
      const query: [string, string][] = context.on('dry-run') ? [['dryrun', 'true']] : [];
      for (const [flag, name] of Object.entries(PURGE)) {
        const value = context.given(flag);
        if (value) query.push([name, value]);
      }
      const endpoint = await context.endpoint();
      const { features } = await endpoint.info();
      // An endpoint without the feature would ignore them and delete more than was meant.
      if (query.length > 0 && !features.includes('selective-job-purge')) {
        throw new ModelError(501, 'Server does not support purge flags.  Command ignored.');
      }
      await context.show(await endpoint.request({ method: 'DELETE', path: ['jobs'], query }));
    },
  },
];

async function newJob(context: Context): Promise<object> {
  const source = context.arg(0);
  const value = await parseInput(await readText(source)).catch((error: unknown) => {
    if (source === '-') throw error;
    return undefined;
  });
  if (isObject(value)) return value;
  const machines = (await context.endpoint()).objects('machines');
  for (const key of [source, `Name:${source}`]) {
    const machine = await machines.get(key).catch((error: unknown) => {
      if (error instanceof ModelError && error.code === 404) return undefined;
      throw error;
    });
    if (machine !== undefined) return { Machine: machine.Uuid };
  }
  throw new ModelError(404, `Unable to create new Job: Invalid machine ${source}`);
}
