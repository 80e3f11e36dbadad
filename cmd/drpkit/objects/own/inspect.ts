import type { Client } from '../../../../lib/api/index.ts';
import { isObject, ModelError, type RawModel } from '../../../../lib/models/index.ts';
import type { Subgroup } from '../../command.ts';
import type { Context } from '../../context.ts';

/** Shows what happened on a machine. */
export const inspectCommands: Subgroup = {
  use: 'inspect',
  summary: 'What ran on a machine',
  flags: [{ name: 'full', short: 'A', about: 'With the log of each job, and what it did' }],
  commands: [
    {
      use: 'tasks [Machine] [Task Name] ([task index of previous tasks])',
      summary: 'Show the jobs of a task on a machine, or one of them by its place in the list',
      check: (args) =>
        args.length === 2 || args.length === 3 ? undefined : 'inspect tasks requires 2 or 3 arguments',
      run: (context) => inspect(context, { Task: context.arg(1) }, context.args[2]),
    },
    {
      use: 'jobs [Machine] ([job index of previous jobs])',
      summary: 'Show the jobs of a machine, or one of them by its place in the list',
      check: (args) =>
        args.length === 1 || args.length === 2 ? undefined : 'inspect jobs requires 1 or 2 arguments',
      run: (context) => inspect(context, {}, context.args[1]),
    },
  ],
};

async function inspect(
  context: Context,
  where: Readonly<Record<string, string>>,
  index: string | undefined,
): Promise<void> {
  if (index !== undefined && !/^\d+$/.test(index))
    throw new ModelError(400, `${index} is not a valid number`);
  const endpoint = await context.endpoint();
  const { Uuid } = await endpoint.objects('machines').get(context.arg(0));
  const page = index === undefined ? {} : { offset: Number(index), limit: 1 };
  const jobs = await endpoint
    .objects<RawModel>('jobs')
    .list({ where: { ...where, Machine: String(Uuid) }, ...page });
  if (context.on('full'))
    for (const job of jobs) job.Meta = { ...metaOf(job), ...(await details(endpoint, job)) };
  if (context.text('format') !== 'text') return context.show(jobs);
  await context.say(row(['Idx', 'UUID', 'State', 'Workflow', 'Stage', 'Task']));
  for (const [at, job] of jobs.entries()) {
    await context.say(row([at, job.Uuid, job.State, job.Workflow, job.Stage, job.Task]));
    if (!context.on('full')) continue;
    for (const [name, value] of Object.entries(metaOf(job))) {
      if (name === 'log' || name.startsWith('action')) await context.say(`>>>>>>${name}<<<<<<:\n${value}`);
    }
  }
}

const WIDTHS = [3, 40, 15, 15, 15, 15];

function row(cells: readonly unknown[]): string {
  const [first = '', ...others] = cells.map((cell, at) => String(cell ?? '').padStart(WIDTHS[at] ?? 0));
  return `${first}: ${others.join(' ')}`;
}

function metaOf({ Meta }: RawModel): RawModel {
  return isObject(Meta) ? Meta : {};
}

/** The log of a job and its rendered steps. Parts that cannot be read contain the error. */
async function details(endpoint: Client, { Uuid }: RawModel): Promise<RawModel> {
  const path = ['jobs', String(Uuid)];
  const problem = (error: unknown) => {
    if (!(error instanceof ModelError)) throw error;
    return `Failed to get it: ${error.message}`;
  };
  const { text } = await import('node:stream/consumers');
  const log = await endpoint
    .open({ path: [...path, 'log'] })
    .then(({ body }) => text(body))
    .catch(problem);
  const actions = await endpoint.request({ path: [...path, 'actions'] }).catch(problem);
  if (!Array.isArray(actions)) return { log, actions };
  const contents = actions.map((action, at) => [`action.${at}`, isObject(action) ? action.Content : action]);
  return { log, actionCount: String(actions.length), ...Object.fromEntries(contents) };
}
