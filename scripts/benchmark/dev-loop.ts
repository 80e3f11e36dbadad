import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProject } from '../../cmd/drpkit/new/project.ts';
import { Client } from '../../lib/api/index.ts';
import { median } from '../measuring/statistics.ts';
import type { Bench } from './bench.ts';
import type { Figure, Section } from './figure.ts';

const root = join(import.meta.dirname, '..', '..');
/** More rounds do not improve the result. */
const MOST_ROUNDS = 10;
const GOAL_MS = 2_000;
const LIMIT_MS = 120_000;
const LOOK_AGAIN_MS = 10;

/** Time from saving a file of a project until an action gives the new answer, under `drpkit dev`. */
export async function devLoop({ scratch, rounds, progress }: Bench): Promise<Section> {
  const project = join(scratch.folder, 'hello');
  await createProject(project, root);
  // Takes the place of `npm install`.
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules', 'drp-plugins'));
  const source = new Saved(join(project, 'cmd/hello/plugin.ts'), `, \${model.Name}`);
  const content = new Saved(join(project, 'content/hello/params/hello.greeting.yaml'), 'default: Hello');
  const began = performance.now();
  const child = scratch.own(
    spawn(join(root, 'scripts', 'drpkit'), ['dev', '--port', '0', '--static-port', '0'], {
      cwd: project,
      // Closing stdin ends the endpoint, which stops the plugin.
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await until(
    () => /Ctrl-C ends it/.test(output),
    () => `drpkit dev does not start: ${output}`,
  );
  const startMs = performance.now() - began;
  const [, endpoint = '', token = ''] = /RS_ENDPOINT=(\S+) RS_TOKEN=(\S+)/.exec(output) ?? [];
  using api = new DisposableClient({ endpoint, token });
  const [machine] = await api.objects('machines').list();
  const greeting = () =>
    api
      .actions('machines', String(machine?.Uuid))
      .run('greet')
      // Fails while the plugin restarts.
      .catch(() => '');
  const count = Math.min(rounds, MOST_ROUNDS);
  const measure = async (file: Saved, text: (round: number) => string, mark: (round: number) => string) => {
    const times: number[] = [];
    // The first round is a warm-up.
    for (let round = 0; round <= count; round += 1) {
      progress(`dev: ${file.path.slice(project.length + 1)}, change ${round}`);
      const saved = performance.now();
      file.save(text(round));
      await until(
        async () => String(await greeting()).includes(mark(round)),
        () => `a change is not live: ${output.slice(-2_000)}`,
      );
      if (round > 0) times.push(performance.now() - saved);
    }
    return times;
  };
  const sourceMs = await measure(
    source,
    (round) => `, dear${round} \${model.Name}`,
    (round) => `dear${round} `,
  );
  const contentMs = await measure(
    content,
    (round) => `default: Hi${round}`,
    (round) => `Hi${round},`,
  );
  child.kill('SIGINT');
  const figure = (what: string, times: readonly number[]): Figure => {
    const value = median(times);
    return { what, value, unit: 'ms', ratio: { value: value / GOAL_MS, over: '2 s', goal: { most: 1 } } };
  };
  return {
    title: 'Development loop',
    figures: [
      { what: 'drpkit dev, until the provider runs', value: startMs, unit: 'ms' },
      figure('source saved, until an action answers by it', sourceMs),
      figure('content saved, until an action answers by it', contentMs),
    ],
    notes: [
      `Medians of ${count} changes each. Types are checked beside that, by a compiler that takes a core while it runs.`,
    ],
  };
}

/** A file in which one place is changed repeatedly. */
class Saved {
  readonly path: string;
  readonly #text: string;
  readonly #place: string;

  constructor(path: string, place: string) {
    this.path = path;
    this.#text = readFileSync(path, 'utf8');
    this.#place = place;
    if (!this.#text.includes(place)) throw new Error(`${path} has no ${place}`);
  }

  save(text: string): void {
    writeFileSync(
      this.path,
      this.#text.replace(this.#place, () => text),
    );
  }
}

class DisposableClient extends Client {
  [Symbol.dispose](): void {
    this.close();
  }
}

async function until(test: () => boolean | Promise<boolean>, problem: () => string): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await test())) {
    if (performance.now() > end) throw new Error(problem());
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
