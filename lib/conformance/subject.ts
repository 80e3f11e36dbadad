import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, parseJson, type RawModel } from '../models/index.ts';
import { type ChildEnd, runChild } from '../process/index.ts';
import { expect, NotApplicable, shown } from './outcome.ts';
import { type ProviderOptions, ProviderProcess } from './provider-process.ts';

export interface SubjectOptions {
  /** Variables in addition to PATH and those of an endpoint. */
  env?: Record<string, string>;
  signal: AbortSignal;
}

const COMMAND_LIMIT_MS = 30_000;

/** The provider executable under test. `await using` ends its processes. */
export class Subject implements AsyncDisposable {
  readonly file: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly #env: Record<string, string>;
  #defined: Promise<ChildEnd> | undefined;
  #provider: ProviderProcess | undefined;

  private constructor(file: string, folder: string, { env = {}, signal }: SubjectOptions) {
    this.file = file;
    this.folder = folder;
    this.signal = signal;
    this.#env = env;
  }

  static async open(file: string, options: SubjectOptions): Promise<Subject> {
    return new Subject(file, await mkdtemp(join(tmpdir(), 'conformance-')), options);
  }

  /** Runs a command in a new folder, like an endpoint that looks for providers. */
  command(...args: string[]): Promise<ChildEnd> {
    return runChild(this.file, args, {
      cwd: this.folder,
      env: { PATH: process.env.PATH ?? '', HOME: this.folder, RS_TOKEN: 'catalog', ...this.#env },
      timeLimitMs: COMMAND_LIMIT_MS,
      signal: this.signal,
    });
  }

  /** The result of `define`, which is run only once. */
  defined(): Promise<ChildEnd> {
    this.#defined ??= this.command('define');
    return this.#defined;
  }

  /** The definition. Throws NotApplicable if `define` printed none, which another check reports. */
  async definition(): Promise<RawModel> {
    const { stdout } = await this.defined();
    const definition = definitionIn(stdout);
    if (definition === undefined) throw new NotApplicable('define prints no definition');
    return definition;
  }

  /** Starts a separate process. */
  async start(options: ProviderOptions = {}): Promise<ProviderProcess> {
    return ProviderProcess.start([this.file], { ...options, env: { ...this.#env, ...options.env } });
  }

  /** The process shared by checks that do not end it. Restarted when it has ended. */
  async plugin(): Promise<ProviderProcess> {
    const before = this.#provider;
    if (before !== undefined && before.child.exitCode === null && before.child.signalCode === null)
      return before;
    await before?.[Symbol.asyncDispose]();
    this.#provider = await this.start();
    expectReady(this.#provider);
    return this.#provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#provider?.[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Checks that a provider has reported that it is ready. */
export function expectReady({ stdout, stderr }: ProviderProcess): void {
  expect(/^READY!$/m.test(stdout), `listen prints ${shown(stdout + stderr) || 'nothing'}, not READY!`);
}

export function definitionIn(stdout: string): RawModel | undefined {
  try {
    const definition = parseJson(stdout);
    return isObject(definition) ? definition : undefined;
  } catch {
    return undefined;
  }
}
