import { isDeepStrictEqual, styleText } from 'node:util';
import type { AgentEnd, AgentEvent } from '../../../lib/agent/index.ts';
import { isSecureData, type Job, type Machine } from '../../../lib/api/index.ts';
import { visible } from '../output/visible.ts';

/** Shows a running workflow: a line for each stage, the log of each task, and the results. */
export class Progress {
  readonly #say: (line: string) => Promise<void>;
  readonly #paint: (color: 'dim' | 'green' | 'red' | 'yellow' | 'bold', text: string) => string;
  readonly #decoder = new TextDecoder();
  #stage = '';
  /** The beginning of an unfinished line. */
  #rest = '';
  #started = 0;
  #begun = 0;
  #tasks = 0;

  /** `say` prints a line. With `colored`, logs are dimmed and results highlighted. */
  constructor(say: (line: string) => Promise<void>, colored: boolean) {
    this.#say = say;
    this.#paint = (color, text) => (colored ? styleText(color, text, { validateStream: false }) : text);
  }

  async begin(what: string, { Name, Tasks }: Machine): Promise<void> {
    this.#begun = performance.now();
    const stages = Tasks.filter((task) => task.startsWith('stage:')).length;
    const tasks = Tasks.filter((task) => !task.includes(':')).length;
    await this.#say(`${what} on ${Name}: ${count(stages, 'stage')}, ${count(tasks, 'task')}`);
  }

  async show(event: AgentEvent): Promise<void> {
    if (event.kind === 'job') await this.#task(event.job);
    if (event.kind === 'log') await this.#log(event.text);
    if (event.kind === 'problem') await this.#say(`  !  ${visible(event.message)}`);
    if (event.kind !== 'result') return;
    await this.#endLine();
    const { failed, incomplete, wants, state } = event.result;
    const word = failed
      ? this.#paint('red', 'BAD ')
      : incomplete
        ? this.#paint('yellow', '... ')
        : this.#paint('green', 'ok  ');
    const took = `${Math.round(performance.now() - this.#started)} ms`;
    const result = wants === undefined ? state : `${state}, wants ${wants}`;
    await this.#say(`  ${word} ${event.job.Task.padEnd(40)} ${took.padStart(9)}   ${result}`);
  }

  async note(text: string): Promise<void> {
    await this.#say(`\n  ${text}`);
  }

  /** `params` are the machine's params at the start. */
  async end(
    { by, state }: AgentEnd,
    machine: Machine,
    params: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const now = machine.Params ?? {};
    const changed = [...new Set([...Object.keys(params), ...Object.keys(now)])]
      .filter((name) => !isDeepStrictEqual(params[name], now[name]))
      .sort();
    if (changed.length > 0) await this.#say('\nParams of the machine that the tasks have set:\n');
    for (const name of changed) await this.#say(`  ${name}: ${valueText(now[name])}`);
    const took = `${((performance.now() - this.#begun) / 1000).toFixed(1)} s`;
    const tasks = machine.Tasks.length;
    const at = machine.CurrentTask;
    if (at >= tasks && machine.Runnable) {
      await this.#say(`\nComplete: ${count(this.#tasks, 'task')} in ${took}.`);
      return;
    }
    const task = machine.Tasks[Math.max(0, at)] ?? '';
    const why = by === 'cancelled' ? 'Ended' : by === 'failed' ? 'Failed' : `Ended (${state}: ${by})`;
    await this.#say(`\n${why} at ${task}, after ${took}.`);
    for (const error of machine.Errors ?? []) await this.#say(`  ${error}`);
  }

  async #task(job: Job): Promise<void> {
    this.#started = performance.now();
    this.#tasks += 1;
    if (job.Stage !== this.#stage) await this.#say(`\n${this.#paint('bold', job.Stage)}\n`);
    this.#stage = job.Stage;
  }

  async #log(text: Uint8Array): Promise<void> {
    const lines = (this.#rest + this.#decoder.decode(text, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) await this.#say(this.#paint('dim', `       | ${visible(line)}`));
  }

  async #endLine(): Promise<void> {
    if (this.#rest !== '') await this.#say(this.#paint('dim', `       | ${visible(this.#rest)}`));
    this.#rest = '';
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'removed';
  return isSecureData(value) ? '(sealed)' : JSON.stringify(value);
}
