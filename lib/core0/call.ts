import { ModelError } from '../models/index.ts';
import { type ChildEnd, runChild } from '../process/index.ts';
import { isResult, LEVELS, type LevelledMessage, LevelReader } from './levels.ts';

export interface CallOptions {
  signal?: AbortSignal;
  /** The complete environment of the process. Default: that of this process. */
  env?: Record<string, string>;
  cwd?: string;
  /** Time limit in ms; default 60 s. 0-core has none except the caller's max_time. */
  limitMs?: number;
}

/** The result of a call in 0-core's form. */
export interface CallResult {
  state: 'SUCCESS' | 'ERROR';
  /** 0, or 1000 plus the exit code of the process. */
  code: number;
  /** The level of the result, 20 for JSON; 0 when there is no result. */
  level: number;
  /** The last result in the output; empty when the output has no result. */
  data: string;
  /** All other output, in order per stream. */
  messages: LevelledMessage[];
}

const LIMIT_MS = 60_000;
/** 0-core's base for exit codes of failed processes. */
const EXIT_CODE_BASE = 1000;

/**
 * Calls a command of a container plugin as coreX does: `PATH COMMAND JSON` in a new process group, with empty stdin.
 * Throws ModelError: 400 when it cannot be started, 504 after the time limit, 503 after an abort, 502 for more than 8
 * MiB of output.
 */
export async function callForResult(
  path: string,
  command: string,
  args: unknown = {},
  options: CallOptions = {},
): Promise<CallResult> {
  const { limitMs = LIMIT_MS, signal = new AbortController().signal, cwd, env = ownEnvironment() } = options;
  const argv = [command, JSON.stringify(args ?? null)];
  const end = await runChild(path, argv, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    timeLimitMs: limitMs,
    signal,
  });
  refuseBrokenEnd(end, `${path} ${command}`, limitMs);
  const messages = [...read(end.stderr, LEVELS.stderr), ...read(end.stdout, LEVELS.stdout)];
  // The last one counts. The order between two streams is unknown, but results are written to stdout.
  const result = messages.findLast(({ level }) => isResult(level));
  return {
    state: end.code === 0 ? 'SUCCESS' : 'ERROR',
    code: end.code === 0 ? 0 : EXIT_CODE_BASE + (end.code ?? 0),
    level: result?.level ?? 0,
    data: result?.text ?? '',
    messages: messages.filter((message) => message !== result),
  };
}

/** Calls a command and returns its result, parsed from JSON. Throws ModelError like `callForResult` and `resultOf`. */
export async function callContainerPlugin(
  path: string,
  command: string,
  args: unknown = {},
  options: CallOptions = {},
): Promise<unknown> {
  return resultOf(await callForResult(path, command, args, options), `${path} ${command}`);
}

/**
 * The JSON result of a call. Throws ModelError 502 that begins with `what` and contains the plugin's message, when it
 * failed or its answer is not JSON.
 */
export function resultOf({ state, code, level, data, messages }: CallResult, what: string): unknown {
  const value = level === LEVELS.json ? jsonIn(data) : undefined;
  if (state === 'SUCCESS') {
    if (value !== undefined) return value.json;
    throw new ModelError(
      502,
      `${what}: expected a result of level ${LEVELS.json} with JSON, found ${found(level, data)}`,
    );
  }
  const said = typeof value?.json === 'string' ? value.json : data;
  const printed = messages.filter((message) => message.level === LEVELS.stderr).at(-1)?.text;
  throw new ModelError(502, `${what}: ${said || printed || `exit code ${code - EXIT_CODE_BASE}`}`);
}

function jsonIn(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function found(level: number, data: string): string {
  return level === 0 ? 'none' : `level ${level}: ${JSON.stringify(data.slice(0, 100))}`;
}

function read(output: string, level: number): LevelledMessage[] {
  const reader = new LevelReader(level);
  return [...reader.add(output), ...reader.end()];
}

function refuseBrokenEnd({ how, error }: ChildEnd, what: string, limitMs: number): void {
  switch (how) {
    case 'exit':
      return;
    case 'time limit':
      throw new ModelError(504, `${what}: not done after ${limitMs / 1000} s, and killed`);
    case 'abort':
      throw new ModelError(503, `${what}: cancelled, and killed`);
    case 'output limit':
      throw new ModelError(502, `${what}: prints too much, and was killed`);
    case 'unstartable':
      throw new ModelError(400, `${what}: cannot be started: ${error?.message ?? 'no such program'}`);
  }
}

function ownEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
