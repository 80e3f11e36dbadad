import type { Client } from '../../../../lib/api/index.ts';
import { ModelError, type RawModel } from '../../../../lib/models/index.ts';
import { type Command, type Subgroup, takes } from '../../command.ts';
import type { Context } from '../../context.ts';
import { printAll } from '../../output/print.ts';
import { changeObject, changing } from '../change.ts';
import type { Kind } from '../kinds.ts';
import { inspectCommands } from './inspect.ts';
import { withoutTasks, withTasks } from './task-list.ts';

export function machineCommands(kind: Kind): (Command | Subgroup)[] {
  return [
    changing(
      kind,
      { use: 'workflow [id] [workflow]', summary: 'Set the workflow of a machine; an empty name for none' },
      (machine, [Workflow]) => ({ ...machine, Workflow }),
    ),
    changing(
      kind,
      { use: 'stage [id] [stage]', summary: 'Set the stage of a machine' },
      (machine, [Stage]) => ({
        ...machine,
        Stage,
      }),
    ),
    changing(kind, { use: 'run [id]', summary: 'Let tasks run on a machine' }, (machine) => ({
      ...machine,
      Runnable: true,
    })),
    changing(kind, { use: 'pause [id]', summary: 'Let no more tasks run on a machine' }, (machine) => ({
      ...machine,
      Runnable: false,
    })),
    tasks,
    jobs,
    inspectCommands,
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
    {
      use: 'releaseToPool [id]',
      summary: 'Give a machine back to its pool',
      check: takes([1]),
      async run(context) {
        const path = ['machines', context.arg(0), 'releaseToPool'];
        await context.show(await (await context.endpoint()).request({ method: 'POST', path, json: {} }));
      },
    },
    {
      use: 'token [id]',
      summary: 'Make the token that an agent on the machine acts with',
      flags: [{ name: 'ttl', value: 'string', default: '1h', about: 'How long the token is good for' }],
      check: takes([1]),
      async run(context) {
        const path = ['machines', context.arg(0), 'token'];
        const query = { ttl: context.text('ttl') };
        await context.show(await (await context.endpoint()).request({ path, query }));
      },
    },
    {
      use: 'whoami',
      summary: 'Find out which machine of the endpoint this computer is',
      details:
        'The endpoint compares network addresses, serial numbers and the UUID of the board. Linux only.',
      async run(context) {
        const { fingerprint } = await import('./fingerprint.ts');
        const json = await fingerprint();
        await context.show(
          await (await context.endpoint()).request({ method: 'POST', path: ['whoami'], json }),
        );
      },
    },
  ];
}

const tasks: Subgroup = {
  use: 'tasks',
  summary: 'Add tasks to those that a machine will run, and take them out',
  commands: [
    {
      use: 'add [id] [at [offset]] [task...]',
      summary: 'Add tasks to those of the current stage',
      details: `Without an offset, they come after the other tasks of the stage; at 0, right after the current task. Tasks that are
there already are not added again.`,
      examples: ['add Name:web1 update-firmware', 'add Name:web1 at 0 update-firmware'],
      check(args, useLine) {
        const [, word, offset = ''] = args;
        if (args.length < 2) return `${useLine} requires at least an id and one task`;
        if (word !== 'at') return undefined;
        if (args.length < 4) return `${useLine} requires at least 3 arguments when specifying an offset`;
        return /^\d+$/.test(offset) ? undefined : `${useLine}: ${offset} is not a number`;
      },
      async run(context) {
        const [id = '', ...words] = context.args;
        const isPlaced = words[0] === 'at';
        const offset = isPlaced ? Number(words[1]) : undefined;
        const names = isPlaced ? words.slice(2) : words;
        await changeObject(context, 'machines', id, (machine) => withTasks(machine, names, offset));
      },
    },
    {
      use: 'del [id] [task...]',
      summary: 'Take tasks out of those of the current stage that have not run yet',
      details: 'Each name takes out one task: a task that is there twice is named twice.',
      check: (args, useLine) =>
        args.length < 2 ? `${useLine} requires at least an id and one task` : undefined,
      async run(context) {
        const [id = '', ...names] = context.args;
        await changeObject(context, 'machines', id, (machine) => withoutTasks(machine, names));
      },
    },
  ],
};

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

/** The Uuid of the job that a machine runs or ran last. Throws ModelError 404 when there is none. */
async function currentJob(endpoint: Client, id: string): Promise<string> {
  const { CurrentJob, Uuid } = await endpoint.objects<RawModel>('machines').get(id);
  if (typeof CurrentJob === 'string' && CurrentJob !== '') return CurrentJob;
  throw new ModelError(404, `No current job on machine ${Uuid}`);
}

async function deleteJobs(context: Context): Promise<void> {
  const endpoint = await context.endpoint();
  const { Uuid } = await endpoint.objects('machines').get(context.arg(0));
  const all = endpoint.objects<RawModel>('jobs');
  // The newest first: what a job goes by is the one before it.
  const found = await all.list({ where: { Machine: String(Uuid) }, sort: 'StartTime', reverse: true });
  for (const job of found) {
    await all.remove(String(job.Uuid));
    await context.say(`Deleted Job ${job.Uuid}`);
  }
}
