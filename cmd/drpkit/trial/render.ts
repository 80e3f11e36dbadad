import type { Client, JobAction, Machine } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { print } from '../output/print.ts';
import { PACK, packsOf } from './packs.ts';
import { givenParams, PARAM } from './params.ts';

export const render: Command = {
  use: 'render [task]',
  summary: 'Print what a task, stage or template of the pack that you write is rendered to',
  details: `In the folder of a content pack, or of a project with packs below content: what a machine would be given to run, each file
and script under a line with its name. Nothing is run.

With --machine it is rendered for a machine of the endpoint that the flags and the environment name, with its params; else for one
without any. --param adds to them.`,
  examples: [
    'render ipmi-inventory',
    'render hello.sh.tmpl --param hello/greeting=Ahoy',
    'render hello --machine Name:web1',
  ],
  flags: [
    PACK,
    PARAM,
    { name: 'machine', value: 'string', about: 'Key of the machine, or INDEX:VALUE as in Name:web1' },
  ],
  check: ({ length }, useLine) =>
    length === 1 ? undefined : `${useLine} requires the name of a task, stage or template`,
  async run(context) {
    const [packs, given] = [await packsOf(context), await givenParams(context)];
    const { machine, params } = await machineOf(context);
    const { createMachine, openTrial } = await import('./trial.ts');
    const note = (line: string) => context.note(line);
    const log = context.on('debug') ? note : undefined;
    await using trial = await openTrial({ packs, log, note });
    const { api } = trial;
    const { findTarget, setWorkflow } = await import('./target.ts');
    const target = await findTarget(api, packs, context.arg(0), ['task', 'stage', 'template', 'workflow']);
    const made = await createMachine(api, packs, machine, { ...params, ...given });
    const { Uuid } = await setWorkflow(api, made, target);
    for await (const { task, actions } of eachTask(api, Uuid)) {
      // A single template is printed without a heading, so that the output can be used directly.
      const isAlone = target.kind === 'template';
      for (const { Name, Path, Content } of actions) {
        const title = `==> ${task}: ${Name}${Path === '' ? '' : `, to ${Path}`} <==\n`;
        await print(isAlone ? Content : `${title}${Content}${Content.endsWith('\n') ? '' : '\n'}\n`);
      }
    }
  },
};

/** The machine to render for: everything that templates see of it, and its params with those of its profiles. */
async function machineOf(
  context: Context,
): Promise<{ machine: Partial<Machine> & { Name: string }; params: Record<string, unknown> }> {
  const key = context.given('machine');
  if (key === undefined) return { machine: { Name: 'here.example.com' }, params: {} };
  const endpoint = await connect(context);
  try {
    const { Uuid, Name, Address, Arch, OS, HardwareAddrs, Description, Meta } = await endpoint
      .objects('machines')
      .get(key);
    const params = await endpoint.params('machines', Uuid).all({ aggregate: true, decode: true });
    const machine = { Uuid, Name, Address, Arch, OS, HardwareAddrs, Description, Meta };
    return { machine, params };
  } finally {
    endpoint.close();
  }
}

/** The steps of each job. The consumer marks each job as done. */
async function* eachTask(
  api: Client,
  machine: string,
): AsyncGenerator<{ task: string; actions: JobAction[] }> {
  const machines = api.objects('machines');
  const jobs = api.objects('jobs');
  for (let before = Number.NaN; ; ) {
    const { CurrentTask, Tasks, Runnable, Available, Errors, Context } = await machines.get(machine);
    if (CurrentTask >= Tasks.length) return;
    if (!Available) throw new ModelError(422, Errors ?? [], { model: 'machines', key: machine });
    // A machine with another boot environment is stopped until it has booted.
    if (!Runnable) await machines.patch(machine, [{ op: 'replace', path: '/Runnable', value: true }]);
    const job = await api.jobs().next(machine, Context);
    if (job === undefined || job.Task.includes(':')) {
      if (CurrentTask === before)
        throw new ModelError(500, `the endpoint does not get past ${Tasks[CurrentTask]}`);
      before = CurrentTask;
      continue;
    }
    yield { task: job.Task, actions: await api.jobs().actions(job.Uuid, { os: 'linux' }) };
    for (const State of ['running', 'finished']) {
      await jobs.patch(job.Uuid, [{ op: 'replace', path: '/State', value: State }]);
    }
  }
}
