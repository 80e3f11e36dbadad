import { ModelError } from '../models/index.ts';
import { type ChildEnd, runChild } from '../process/index.ts';
import { isResult, LEVELS, type LevelledMessage, LevelReader } from './levels.ts';

export interface CallOptions {
  signal?: AbortSignal;
  /** The whole environment of the process; this process's own unless given. */
  env?: Record<string, string>;
  cwd?: string;
  /** Milliseconds; 60 s unless given. 0-core itself has no limit but the caller's max_time. */
  limitMs?: number;
}

/** What became of a call, as 0-core tells it. */
export interface CallResult {
  state: 'SUCCESS' | 'ERROR';
  /** 0, or 1000 and the exit code of the process. */
  code: number;
  /** The level of the result, 20 for JSON; 0 if the output has no result. */
  level: number;
  /** The last result in the output; empty if it has no result. */
  data: string;
  /** Everything else that was printed, in the order of each stream. */
  messages: LevelledMessage[];
}

const LIMIT_MS = 60_000;
/** 0-core adds the exit code of a process that failed to this. */
const EXIT_CODE_BASE = 1000;

/**
 * Calls a command of a container plugin as coreX does: `PATH COMMAND JSON` in a process group of its own, with nothing on
 * stdin. Throws ModelError: 400 when it cannot be started, 504 at the limit, 503 after an abort, 502 for more output than 8 MiB.
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
  // The last one counts. Which of two streams came last is not known here: results are written to stdout.
  const result = messages.findLast(({ level }) => isResult(level));
  return {
    state: end.code === 0 ? 'SUCCESS' : 'ERROR',
    code: end.code === 0 ? 0 : EXIT_CODE_BASE + (end.code ?? 0),
    level: result?.level ?? 0,
    data: result?.text ?? '',
    messages: messages.filter((message) => message !== result),
  };
}

/**
 * Calls a command and returns its result, read from JSON. Throws ModelError as `callForResult` and `resultOf` do.
 */
export async function callContainerPlugin(
  path: string,
  command: string,
  args: unknown = {},
  options: CallOptions = {},
): Promise<unknown> {
  return resultOf(await callForResult(path, command, args, options), `${path} ${command}`);
}

/**
 * The JSON that a call has resulted in. Throws ModelError 502 that begins with `what` and tells what the plugin says, when
 * it failed or answered something else than JSON.
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
