import type { Client } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { connect } from './connect.ts';
import { type Flag, GLOBAL_FLAGS } from './flags.ts';
import { checkFormat, formatted, type Look } from './output/format.ts';
import { print, printError } from './output/print.ts';
import type { GivenFlags } from './parse.ts';

/** Passed to commands: arguments, flags, the endpoint, and output. */
export class Context {
  readonly args: readonly string[];
  readonly #given: GivenFlags;
  readonly #flags: readonly Flag[];
  #client: Promise<Client> | undefined;

  /** `given` are the flags on the command line, `flags` the allowed ones besides the global flags. */
  constructor(args: readonly string[], given: GivenFlags, flags: readonly Flag[] = []) {
    this.args = args;
    this.#given = given;
    this.#flags = [...flags, ...GLOBAL_FLAGS];
    checkFormat(this.text('format'));
  }

  /** An argument. The command's check ensures that it exists. */
  arg(index: number): string {
    return this.args[index] ?? '';
  }

  /** The value of a flag from the command line, the environment, or its default; empty without a default. */
  text(name: string): string {
    const flag = this.#flags.find((other) => other.name === name);
    const environment = flag?.env === undefined ? undefined : process.env[flag.env] || undefined;
    return String(this.#given.get(name) ?? environment ?? flag?.default ?? '');
  }

  /** The value of a flag on the command line; undefined when it is not given. */
  given(name: string): string | undefined {
    const value = this.#given.get(name);
    return value === undefined ? undefined : String(value);
  }

  /** All values of a repeated flag, in order. */
  list(name: string): readonly string[] {
    const values = this.#given.get(name);
    return typeof values === 'object' ? values : [];
  }

  /** Whether a flag without value is given. */
  on(name: string): boolean {
    return /^(1|t|true)$/i.test(this.text(name));
  }

  /** The value of a numeric flag. Throws ModelError 400 for an invalid value in the environment. */
  number(name: string): number {
    const text = this.text(name);
    if (/^-?\d+$/.test(text)) return Number(text);
    throw new ModelError(400, `${name} must be a whole number, not ${JSON.stringify(text)}`);
  }

  /** A client for the endpoint in flags and environment. Throws ModelError when it refuses the credentials. */
  endpoint(): Promise<Client> {
    this.#client ??= connect(this);
    return this.#client;
  }

  /** Prints a result in the requested format. */
  async show(value: unknown): Promise<void> {
    await print(`${await formatted(value, this.#look())}\n`);
    if (this.on('exit-early')) refuseErrors(value);
  }

  /** Prints a line to stdout. */
  async say(line: string): Promise<void> {
    await print(`${line}\n`);
  }

  /** Prints a line to stderr. */
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

/** Throws an error when the object contains errors. */
function refuseErrors(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('Errors' in value)) return;
  const { Errors: errors } = value;
  if (Array.isArray(errors) && errors.length > 0) throw new ModelError(422, errors.map(String));
}

function isColored(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors();
}
