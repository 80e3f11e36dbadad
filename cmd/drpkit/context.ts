import type { Client } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { connect } from './connect.ts';
import { type Flag, GLOBAL_FLAGS } from './flags.ts';
import { checkFormat, formatted, type Look } from './output/format.ts';
import { print, printError } from './output/print.ts';
import type { GivenFlags } from './parse.ts';

/** What a command is given: its arguments and flags, the endpoint, and a way to show results. */
export class Context {
  readonly args: readonly string[];
  readonly #given: GivenFlags;
  readonly #flags: readonly Flag[];
  #client: Promise<Client> | undefined;

  /** `given` are the flags of the command line, `flags` those that it may have besides the global ones. */
  constructor(args: readonly string[], given: GivenFlags, flags: readonly Flag[] = []) {
    this.args = args;
    this.#given = given;
    this.#flags = [...flags, ...GLOBAL_FLAGS];
    checkFormat(this.text('format'));
  }

  /** An argument that the command's check has found to be there. */
  arg(index: number): string {
    return this.args[index] ?? '';
  }

  /** The value of a flag: as given, else from the environment, else its default; empty for a flag without a default. */
  text(name: string): string {
    const flag = this.#flags.find((other) => other.name === name);
    const environment = flag?.env === undefined ? undefined : process.env[flag.env] || undefined;
    return String(this.#given.get(name) ?? environment ?? flag?.default ?? '');
  }

  /** The value of a flag if the command line has it. */
  given(name: string): string | undefined {
    const value = this.#given.get(name);
    return value === undefined ? undefined : String(value);
  }

  /** All values of a flag that repeats, in their order. */
  list(name: string): readonly string[] {
    const values = this.#given.get(name);
    return typeof values === 'object' ? values : [];
  }

  /** Whether a flag without value is on. */
  on(name: string): boolean {
    return /^(1|t|true)$/i.test(this.text(name));
  }

  /** The value of a flag that takes a number. Throws ModelError 400 for a value from the environment that is not a number. */
  number(name: string): number {
    const text = this.text(name);
    if (/^-?\d+$/.test(text)) return Number(text);
    throw new ModelError(400, `${name} must be a whole number, not ${JSON.stringify(text)}`);
  }

  /** The endpoint that flags and environment name. Throws ModelError when it does not take the credentials. */
  endpoint(): Promise<Client> {
    this.#client ??= connect(this);
    return this.#client;
  }

  /** Prints a result in the format that was asked for. */
  async show(value: unknown): Promise<void> {
    await print(`${await formatted(value, this.#look())}\n`);
    if (this.on('exit-early')) refuseErrors(value);
  }

  /** Prints a line as it is. */
  async say(line: string): Promise<void> {
    await print(`${line}\n`);
  }

  /** Prints a line for people who watch, apart from the results. */
  note(line: string): void {
    printError(`${line}\n`);
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    client?.close();
  }

  #look(): Look {
    return {
      format: this.text('format'),
      fields: this.text('print-fields').split(',').filter(Boolean),
      header: !this.on('no-header'),
      length: this.number('truncate-length'),
      colors: isColored() && !this.on('no-color') ? this.text('colors') : undefined,
    };
  }
}

/** Throws what is wrong with an object, as the object itself says. */
function refuseErrors(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('Errors' in value)) return;
  const { Errors: errors } = value;
  if (Array.isArray(errors) && errors.length > 0) throw new ModelError(422, errors.map(String));
}

function isColored(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors();
}
