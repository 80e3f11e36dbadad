import type { Client } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';

/** How long a read request may wait for output, and how long its answer may take. */
const WAIT_MS = 20_000;
const LIMIT_MS = 60_000;

export interface OpenOptions {
  /** Read-only. */
  watch: boolean;
  takeOver: boolean;
  /** Name of the plugin, when several have consoles. */
  plugin: string | undefined;
}

/** The answer to a read request. */
export interface Reading {
  output: Buffer;
  missed: number;
  state: string;
  message: string;
}

/** A console opened by a plugin, reached by the plugin's routes. */
export class RemoteConsole {
  readonly #endpoint: Client;
  readonly #plugin: string;
  readonly #ticket: string;
  /** The number of other clients. */
  readonly others: number;
  #from: number;
  #version = 0;
  #typed = 0;

  private constructor(endpoint: Client, opened: Readonly<Record<string, unknown>>) {
    this.#endpoint = endpoint;
    this.#plugin = text(opened, 'plugin');
    this.#ticket = text(opened, 'ticket');
    this.#from = count(opened, 'from');
    this.others = count(opened, 'others');
  }

  /** Throws ModelError. */
  static async open(
    endpoint: Client,
    machine: string,
    { watch, takeOver, plugin }: OpenOptions,
    signal: AbortSignal,
  ): Promise<RemoteConsole> {
    const params = takeOver ? { 'ipmi/console-take-over': true } : {};
    const action = watch ? 'watchConsole' : 'console';
    const opened = await endpoint.actions('machines', machine).run(action, params, { plugin, signal });
    return new RemoteConsole(endpoint, objectOf(opened));
  }

  /** The output since the last call, as soon as there is some or the state has changed. Throws ModelError. */
  async read(signal: AbortSignal): Promise<Reading> {
    const asked = { from: this.#from, version: this.#version, wait: WAIT_MS };
    const answer = await this.#post('read', asked, signal);
    this.#from = count(answer, 'next');
    this.#version = count(answer, 'version');
    return {
      output: Buffer.from(text(answer, 'output'), 'base64'),
      missed: count(answer, 'missed'),
      state: text(answer, 'state'),
      message: text(answer, 'message'),
    };
  }

  /** Sends input, one call at a time. Throws ModelError. */
  async type(typed: Buffer | 'break', signal: AbortSignal): Promise<void> {
    this.#typed += 1;
    const what = typed === 'break' ? { break: true } : { input: typed.toString('base64') };
    await this.#post('type', { number: this.#typed, ...what }, signal);
  }

  /**
   * Tells the plugin that this client has left. Errors are ignored: the plugin notices after a while. Never rejects.
   */
  async close(): Promise<void> {
    await this.#post('close', {}, AbortSignal.timeout(5_000)).catch(() => {});
  }

  async #post(
    route: string,
    fields: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const body = await this.#endpoint.request({
      method: 'POST',
      path: ['plugin-apis', this.#plugin, 'console', route],
      json: { ticket: this.#ticket, ...fields },
      // Repetitions are safe: input has a number, and reads have an offset.
      repeatable: true,
      timeout: LIMIT_MS,
      signal,
    });
    return objectOf(body);
  }
}

function text(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new ModelError(502, `the plugin answered without ${name}: it is not one with consoles`);
}

function count(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value === 'number') return value;
  throw new ModelError(502, `the plugin answered without ${name}: it is not one with consoles`);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
