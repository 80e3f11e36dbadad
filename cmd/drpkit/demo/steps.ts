import { ModelError } from '../../../lib/models/index.ts';

/** Runs and prints the steps of the demo, and counts those with an unexpected result. */
export class Steps {
  readonly #say: (line: string) => Promise<void>;
  readonly #ending: AbortSignal;
  readonly #failures: string[] = [];

  /** `ending` is aborted when the user ends the demo. */
  constructor(say: (line: string) => Promise<void>, ending: AbortSignal) {
    this.#say = say;
    this.#ending = ending;
  }

  get failed(): boolean {
    return this.#failures.length > 0;
  }

  async title(text: string): Promise<void> {
    await this.#say(`\n${text}\n`);
  }

  async remark(text: string): Promise<void> {
    await this.#say(`  ${text}`);
  }

  /** Runs a step, and prints its name, result and duration. */
  async step(what: string, work: () => Promise<unknown>, expected: RegExp): Promise<void> {
    this.#ending.throwIfAborted();
    const started = performance.now();
    const result = await work().then(resultText, errorText);
    this.#ending.throwIfAborted();
    const good = expected.test(result);
    if (!good) this.#failures.push(`${what}: expected ${expected}, found ${result}`);
    const took = `${Math.round(performance.now() - started)} ms`;
    const line = `${what.padEnd(34)} ${took.padStart(8)}   ${result.replaceAll('\n', ' | ')}`;
    await this.remark(`${good ? 'ok  ' : 'BAD '} ${line}`);
  }

  summary(): string {
    const failures = this.#failures;
    if (failures.length === 0) return '\nAll results were as they should be.';
    return `\n${failures.length} results were not as they should be:\n  ${failures.join('\n  ')}`;
  }
}

function resultText(value: unknown): string {
  return typeof value === 'string' ? value.trim() : (JSON.stringify(value) ?? 'nothing');
}

function errorText(error: unknown): string {
  return error instanceof ModelError ? `${error.code} ${error.messages[0]}` : String(error);
}
