import type { AgentEnd, AgentEvent } from '../../../lib/agent/index.ts';
import type { Client, Machine } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { endingSignal, INTERRUPTED } from '../ending.ts';
import { PACK, packsOf } from './packs.ts';
import { givenParams, PARAM } from './params.ts';
import { Progress } from './progress.ts';

/** Limit for reboots: a task that needs more would go on without end. */
const MOST_REBOOTS = 5;

export const runWorkflow: Command = {
  use: 'run [workflow]',
  summary: 'Run a workflow of the pack that you write, on this computer',
  details: `In the folder of a content pack, or of a project with packs below content, it starts a development endpoint of its own with
them, makes a machine, and runs the workflow with an agent, in a folder that is thrown away afterwards. What the tasks log is shown
as it comes; then what params they have set. A stage or a task can be named as well.

The scripts run on this computer and as you are, which --here confirms. They find drpcli, which is this program, and jq if it is
installed. A reboot or a change of the boot environment is only played: the agent begins anew, as it would after it.

The exit code is 0 when the workflow is complete, 130 after Ctrl-C, else 1.`,
  examples: ['run discover --here', 'run ipmi-inventory --here --pack ../base --param ipmi/mode=ipmitool'],
  offline: true,
  flags: [
    { name: 'here', about: 'The scripts may run on this computer' },
    PACK,
    PARAM,
    { name: 'plugins', value: 'string', about: 'Folder with providers that the endpoint is to run' },
    { name: 'machine', value: 'string', default: 'here.example.com', about: 'Name of the machine' },
  ],
  check: ({ length }, useLine) => (length === 1 ? undefined : `${useLine} requires the name of a workflow`),
  async run(context) {
    if (!context.on('here')) {
      throw new ModelError(
        400,
        'here: needed, since the scripts of the workflow run on this computer (--here)',
      );
    }
    const ending = endingSignal();
    const [packs, params] = [await packsOf(context), await givenParams(context)];
    const { createMachine, openTrial } = await import('./trial.ts');
    const note = (line: string) => context.note(line);
    const log = context.on('debug') ? note : undefined;
    await using trial = await openTrial({ packs, plugins: context.given('plugins'), log, note });
    const { api } = trial;
    const { findTarget, setWorkflow } = await import('./target.ts');
    const target = await findTarget(api, packs, context.arg(0), ['workflow', 'stage', 'task']);
    const made = await createMachine(api, packs, { Name: context.text('machine') }, params);
    const before = await api.params('machines', made.Uuid).all();
    const machine = await setWorkflow(api, made, target);

    const progress = new Progress((line) => context.say(line), isColored(context));
    await progress.begin(`${target.kind} ${target.name}`, machine);
    const end = await runAgents(api, machine, trial.root, progress, ending);
    const now = await api.objects('machines').get(machine.Uuid);
    await progress.end(end, now, before);
    if (ending.aborted) process.exitCode = INTERRUPTED;
    else if (!isComplete(now)) process.exitCode = 1;
  },
};

/** Runs an agent, and a new one after each simulated boot or change of context. */
async function runAgents(
  api: Client,
  { Uuid }: Machine,
  root: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<AgentEnd> {
  const { MachineAgent } = await import('../../../lib/agent/index.ts');
  const { mkdtemp } = await import('node:fs/promises');
  const { scriptPrograms } = await import('../agent/programs.ts');
  const programs = await scriptPrograms();
  for (let [reboots, context] = [0, '']; ; ) {
    const agent = new MachineAgent(api, Uuid, {
      context,
      oneshot: true,
      patience: 0,
      exitOnFailure: true,
      programs,
      runnerFolder: await mkdtemp(`${root}/runner-`),
      onEvent: (event: AgentEvent) => progress.show(event),
    });
    const end = await agent.run({ signal });
    if (signal.aborted) return end;
    const { Context } = await api.objects('machines').get(Uuid);
    if (end.by === 'kept' && end.state !== 'POWEROFF') {
      if (reboots === MOST_REBOOTS) return { ...end, by: `${MOST_REBOOTS + 1} reboots` };
      reboots += 1;
      await progress.note('The machine would boot now: the agent begins anew.');
    } else if (end.by === 'time is up' && Context !== context) {
      const whose = Context === '' ? 'the machine itself' : `context ${Context}`;
      await progress.note(`The next tasks are those of ${whose}: an agent for it takes over.`);
    } else {
      return end;
    }
    context = Context;
  }
}

function isColored(context: Context): boolean {
  return process.stdout.isTTY && process.stdout.hasColors() && !context.on('no-color');
}

function isComplete({ CurrentTask, Tasks, Runnable }: Machine): boolean {
  return Runnable && CurrentTask >= Tasks.length;
}
