import type { AgentEnd, AgentEvent } from '../../../lib/agent/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { endingSignal } from '../ending.ts';
import { print } from '../output/print.ts';
import { POWER_FLAGS, powerOf } from './power.ts';

/** Default folder for the state of agents. */
const STATE_FOLDER = '/var/lib/drp-agent';

export const processJobs: Command = {
  use: 'processjobs [id]',
  summary: 'Run the tasks of a machine on this computer: be its agent',
  details: `The id is that of the machine, or RS_UUID. What tasks print goes to stdout and to the logs of their jobs; what the agent does
goes to stderr. It waits for more to do until it is ended (Ctrl-C: the task that runs is ended, and its job incomplete), or
a task says stop.

When a task wants this computer to reboot or to power off, the agent ends, and says so. Only with --really-power it does it; and
it never does where the endpoint runs on this same computer.

The exit code is 0 when a task ended it or there is nothing more to do, else 1.`,
  examples: ['processjobs Name:web1 --oneshot --exit-on-failure'],
  flags: [
    ...POWER_FLAGS,
    { name: 'oneshot', about: 'End when there is nothing to do' },
    { name: 'exit-on-failure', about: 'End, with code 1, when a task fails' },
    {
      name: 'context',
      value: 'string',
      env: 'RS_CONTEXT',
      about: 'Run the tasks of this context only; those of the machine itself unless given',
    },
    {
      name: 'state-dir',
      value: 'string',
      default: STATE_FOLDER,
      about: 'Folder for what the agent knows of the machine between its runs; empty for none',
    },
    { name: 'skip-runnable', about: 'Do not make the machine runnable at the start' },
  ],
  check: (args, useLine) => (args.length > 1 ? `${useLine} takes at most one machine` : undefined),
  async run(context) {
    const ending = endingSignal();
    const id = context.arg(0) || process.env.RS_UUID || '';
    if (id === '') throw new ModelError(400, 'id: needed, the machine (or RS_UUID in the environment)');
    const endpoint = await context.endpoint();
    const { Uuid } = await endpoint.objects('machines').get(id);
    const { MachineAgent } = await import('../../../lib/agent/index.ts');
    const { scriptPrograms } = await import('./programs.ts');
    const agent = new MachineAgent(endpoint, Uuid, {
      context: context.text('context'),
      oneshot: context.on('oneshot'),
      exitOnFailure: context.on('exit-on-failure'),
      skipRunnable: context.on('skip-runnable'),
      stateFolder: context.text('state-dir') || undefined,
      runnerFolder: process.env.RS_RUNNER_DIR || undefined,
      power: await powerOf(context, endpoint),
      programs: await scriptPrograms(),
      onEvent: (event) => show(context, event),
    });
    conclude(context, await agent.run({ signal: ending }));
  },
};

async function show(context: Context, event: AgentEvent): Promise<void> {
  if (event.kind === 'log') await print(event.text);
  if (event.kind === 'problem') context.note(`agent: ${event.message}`);
  if (event.kind === 'state') {
    context.note(`agent: ${event.state}${event.by === undefined ? '' : ` (${event.by})`}`);
  }
}

/** Throws the error of an agent that ended with a failure. */
function conclude(context: Context, { state, by, error }: AgentEnd): void {
  if (error !== undefined) throw error;
  if (by === 'failed') throw new ModelError(500, 'A task failed, and the agent was told to end then');
  if (by === 'kept') {
    const what = state === 'POWEROFF' ? 'to be powered off' : 'to reboot';
    context.note(`agent: the machine is ${what}, which is not done without --really-power`);
  }
}
