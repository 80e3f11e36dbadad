import { processJobs } from '../../agent/process-jobs.ts';
import { type Command, type Subgroup, takes } from '../../command.ts';
import { changing } from '../change.ts';
import type { Kind } from '../kinds.ts';
import { inspectCommands } from './inspect.ts';
import { machineJobCommands } from './machine-jobs.ts';
import { machineTasks } from './machine-tasks.ts';

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
    machineTasks,
    ...machineJobCommands,
    processJobs,
    inspectCommands,
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
