import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Scene } from '../../test/agent/scene.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';

const ROUNDS = 5;
const TASKS = 20;

/** Overhead of the agent and the endpoint for one task. */
export async function agent(bench: Bench): Promise<Section> {
  await using scene = await Scene.open();
  const tasks = await Promise.all(Array.from({ length: TASKS }, () => scene.task(['true'])));
  const times = await interleaved(
    Math.min(ROUNDS, bench.rounds),
    new Map([
      [
        'agent',
        async () => {
          const machine = await scene.machine(...tasks);
          const begun = performance.now();
          await scene.run(machine);
          const taken = performance.now() - begun;
          const outcomes = await scene.outcomes(machine);
          if (outcomes.filter((outcome) => outcome === 'finished complete').length !== TASKS)
            throw new Error(`${TASKS} tasks were run, and came to ${outcomes.join(', ')}`);
          return taken / TASKS;
        },
      ],
      [
        'bash',
        async () => {
          const begun = performance.now();
          for (let task = 0; task < TASKS; task += 1) await promisify(execFile)('/bin/bash', ['-c', 'true']);
          return (performance.now() - begun) / TASKS;
        },
      ],
    ]),
  );
  return {
    title: 'Agent',
    figures: [
      {
        what: 'a task that does nothing',
        value: median(times('agent')),
        unit: 'ms',
        ratio: ratio(times('agent'), times('bash'), 'bash alone'),
      },
    ],
    notes: [
      `The agent and the development endpoint in one process, run from their source: ${TASKS} tasks, one after the other, each a job with its log, its state and a script.`,
    ],
  };
}
