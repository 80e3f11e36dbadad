import { ModelError } from '../models/index.ts';
import { type ContainerPlugin, perform } from './commands.ts';
import { resultFrame } from './frame.ts';
import { goJson } from './json.ts';

/**
 * The whole of a container plugin's `main.ts`: does the command of the command line and prints its result, or its error, as
 * coreX reads it. The exit code is 0 or 1. What handlers write to stdout goes to stderr: coreX would take a line of it
 * that begins with a number and two colons for a message, and the result has to come at the start of a piece that it reads.
 */
export function run(plugin: ContainerPlugin): void {
  const print = process.stdout.write.bind(process.stdout);
  const note = process.stderr.write.bind(process.stderr);
  // Both streams are read for levels: a blank keeps a line from having one.
  process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return note(text.replace(/^(?=\d+::)/gm, ' '), done);
  };
  let printed = false;
  const finish = (json: string, code: number): void => {
    // A handler that goes on after its end, or fails then, has had its answer.
    if (printed) return;
    printed = true;
    process.exitCode = code;
    process.stdout.on('error', () => process.exit(1));
    print(resultFrame(json), () => process.exit(code));
  };
  const fail = (error: unknown): void => finish(goJson(messageOf(error)), 1);
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => ending.abort(new ModelError(503, `ended by ${signal}`)));
  }
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  perform(plugin, process.argv.slice(2), ending.signal).then((result) => {
    try {
      finish(goJson(result), 0);
    } catch (error) {
      fail(error);
    }
  }, fail);
}

/** What is thrown and is not an Error is a programmer's mistake, as a panic is in Go, and is told in 0-core's words. */
function messageOf(error: unknown): string {
  try {
    if (error instanceof ModelError) return error.messages.join('\n');
    return error instanceof Error ? String(error.message) : `paniced with error: ${String(error)}`;
  } catch {
    return 'paniced with error: a value that cannot be shown';
  }
}
