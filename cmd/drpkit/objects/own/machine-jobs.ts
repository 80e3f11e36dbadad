import type { Client } from '../../../../lib/api/index.ts';
import { ModelError, type RawModel } from '../../../../lib/models/index.ts';
import { type Command, type Subgroup, takes } from '../../command.ts';
import type { Context } from '../../context.ts';
import { printAll } from '../../output/print.ts';
import { changeObject } from '../change.ts';

const jobs: Subgroup = {
  use: 'jobs',
  summary: 'The current job of a machine',
  commands: [
    {
      use: 'create [id]',
      summary: 'Create the next job of a machine',
      check: takes([1]),
      async run(context) {
        const endpoint = await context.endpoint();
        const { Uuid } = await endpoint.objects('machines').get(context.arg(0));
        const json = { Machine: Uuid };
        await context.show(await endpoint.request({ method: 'POST', path: ['jobs'], json }));
      },
    },
    {
      use: 'current [id]',
      summary: 'Show the job that a machine runs, or ran last',
      check: takes([1]),
      async run(context) {
        const endpoint = await context.endpoint();
        const path = ['jobs', await currentJob(endpoint, context.arg(0))];
        await context.show(await endpoint.request({ path }));
      },
    },
    {
      use: 'state [id] to [state]',
      summary: 'Set the state of the job that a machine runs',
      check: takes([3], '2 arguments'),
      async run(context) {
        const job = await currentJob(await context.endpoint(), context.arg(0));
        await changeObject(context, 'jobs', job, (before) => ({ ...before, State: context.arg(2) }));
      },
    },
  ],
};

export const machineJobCommands: readonly (Command | Subgroup)[] = [
  jobs,
  {
    use: 'currentlog [id]',
    summary: 'Show the log of the job that a machine runs, or ran last',
    check: takes([1]),
    async run(context) {
      const endpoint = await context.endpoint();
      const path = ['jobs', await currentJob(endpoint, context.arg(0)), 'log'];
      await printAll((await endpoint.open({ path })).body);
    },
  },
  {
    use: 'deletejobs [id]',
    summary: 'Delete all jobs of a machine',
    check: takes([1]),
    run: deleteJobs,
  },
];

/** Uuid of the machine's current or last job. Throws ModelError 404 when the machine has had no job. */
async function currentJob(endpoint: Client, id: string): Promise<string> {
  const { CurrentJob, Uuid } = await endpoint.objects<RawModel>('machines').get(id);
  if (typeof CurrentJob === 'string' && CurrentJob !== '') return CurrentJob;
  throw new ModelError(404, `No current job on machine ${Uuid}`);
}

async function deleteJobs(context: Context): Promise<void> {
  const endpoint = await context.endpoint();
  const { Uuid } = await endpoint.objects('machines').get(context.arg(0));
  const all = endpoint.objects<RawModel>('jobs');
  // Newest first.
  const found = await all.list({ where: { Machine: String(Uuid) }, sort: 'StartTime', reverse: true });
  for (const job of found) {
    await all.remove(String(job.Uuid));
    await context.say(`Deleted Job ${job.Uuid}`);
  }
}
