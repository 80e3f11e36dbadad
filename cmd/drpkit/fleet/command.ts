import type { Client, Machine } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { Semaphore } from '../../../lib/process/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { endingSignal, INTERRUPTED } from '../ending.ts';
import { readObject } from '../input.ts';
import { filterPairs } from '../objects/filter-words.ts';
import { printError } from '../output/print.ts';
import { FleetProgress } from './progress.ts';
import { type FleetResult, ResultsFile } from './results.ts';

const MOST_AT_ONCE = 1000;
export const fleet: Command = {
  use: 'fleet [action] [filters...]',
  summary: 'Run an action on many machines, so many at once, and keep what became of each',
  details: `FILTERS choose the machines, as in drpkit machines list; without any they are all. With --results FILE each result is a line
of JSON in FILE; run again with it, machines on which the action succeeded are left out, so that a run can be broken off and taken up.
--retry-failed FILE runs it only on those on which it failed there, and adds to the file. Shown is what failed, and what was returned
when that is a text, such as the power status.

Ctrl-C starts no more and waits for those that run. The exit code is 0 when the action succeeded on all machines, else 1.`,
  examples: [
    "fleet powerstatus 'Available=Eq(true)'",
    'fleet poweron Pool Eq lab --at-once 20 --results poweron.jsonl',
    'fleet poweron --retry-failed poweron.jsonl',
  ],
  flags: [
    { name: 'at-once', value: 'int', default: '16', about: 'On how many machines it runs at the same time' },
    { name: 'param', value: 'string', about: 'Params of the action, as one object (JSON or YAML)' },
    { name: 'plugin', value: 'string', about: 'The plugin whose action is meant, where several offer it' },
    { name: 'results', value: 'string', about: 'File for the results, one line each' },
    {
      name: 'retry-failed',
      value: 'string',
      about: 'Run it on the machines on which it failed in this file',
    },
  ],
  check: ({ length }, useLine) => (length === 0 ? `${useLine} requires the name of an action` : undefined),
  async run(context) {
    const [action = '', ...filters] = context.args;
    const { atOnce, params, file, onlyFailed } = await optionsOf(context);
    const results = new ResultsFile(file, action);
    try {
      const endpoint = await context.endpoint();
      const machines = (await endpoint.request({
        path: ['machines'],
        query: filterPairs(filters),
      })) as Machine[];
      const chosen = machines.filter(({ Uuid }) => {
        const known = results.known.get(Uuid);
        return onlyFailed ? known?.Ok === false : known?.Ok !== true;
      });
      if (machines.length === 0)
        context.note(
          filters.length === 0 ? 'There are no machines' : `No machine matches ${filters.join(' ')}`,
        );
      const left = machines.length - chosen.length;
      if (left > 0) context.note(`${left} of ${machines.length} machines are left out: see ${file}`);
      const ending = endingSignal();
      const run = { endpoint, action, params, plugin: context.given('plugin'), atOnce, signal: ending };
      const progress = new FleetProgress(chosen.length, process.stderr.isTTY === true, printError);
      const made = await runOn(chosen, run, (result) => {
        results.add(result);
        progress.add(result.Ok);
      });
      progress.end();
      await report(context, chosen.length, made);
      if (ending.aborted) process.exitCode = INTERRUPTED;
      else if (made.some(({ Ok }) => !Ok)) process.exitCode = 1;
    } finally {
      results.close();
    }
  },
};

async function optionsOf(context: Context) {
  const atOnce = context.number('at-once');
  if (atOnce < 1 || atOnce > MOST_AT_ONCE) {
    throw new ModelError(400, `at-once: expected a number from 1 to ${MOST_AT_ONCE}, found ${atOnce}`);
  }
  const [kept, failed] = [context.text('results'), context.text('retry-failed')];
  if (kept !== '' && failed !== '' && kept !== failed) {
    throw new ModelError(400, 'results: --retry-failed names the file already');
  }
  const source = context.text('param');
  const params = source === '' ? {} : await readObject(source, 'param');
  return { atOnce, params, file: failed || kept, onlyFailed: failed !== '' };
}

interface FleetRun {
  endpoint: Client;
  action: string;
  params: Record<string, unknown>;
  plugin: string | undefined;
  atOnce: number;
  signal: AbortSignal;
}

/** The results of the calls that were started. */
async function runOn(
  machines: readonly Machine[],
  { endpoint, action, params, plugin, atOnce, signal }: FleetRun,
  onResult: (result: FleetResult) => void,
): Promise<FleetResult[]> {
  const turns = new Semaphore(atOnce);
  const results: FleetResult[] = [];
  const one = async ({ Uuid, Name }: Machine) => {
    if (signal.aborted) return;
    const began = performance.now();
    let outcome: Pick<FleetResult, 'Ok' | 'Result'>;
    try {
      outcome = {
        Ok: true,
        Result: await endpoint.actions('machines', Uuid).run(action, params, { plugin }),
      };
    } catch (error) {
      outcome = {
        Ok: false,
        Result: error instanceof ModelError ? error.messages.join('; ') : String(error),
      };
    }
    const result = {
      Uuid,
      Name,
      Action: action,
      ...outcome,
      Milliseconds: Math.round(performance.now() - began),
    };
    results.push(result);
    onResult(result);
  };
  await Promise.all(machines.map((machine) => turns.run(() => one(machine))));
  return results;
}

/** Prints the returned texts, then the failures, each once with its machines, then the totals. */
async function report(context: Context, total: number, results: readonly FleetResult[]): Promise<void> {
  const [succeeded, failed] = [results.filter(({ Ok }) => Ok), results.filter(({ Ok }) => !Ok)];
  const texts = succeeded.filter(({ Result }) => typeof Result === 'string');
  for (const group of [texts, failed]) {
    for (const [text, machines] of Map.groupBy(group, ({ Result }) => String(Result).trimEnd())) {
      const names = machines.map(({ Name }) => Name).sort();
      await context.say(`${names.join(' ')}: ${text}`);
    }
  }
  const rest = total - results.length;
  const parts = [
    `${succeeded.length} succeeded`,
    `${failed.length} failed`,
    ...(rest > 0 ? [`${rest} were not begun`] : []),
  ];
  await context.say(`${total} machines: ${parts.join(', ')}`);
}
