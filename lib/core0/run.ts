import { ModelError } from '../models/index.ts';
import { type ContainerPlugin, perform } from './commands.ts';
import { resultFrame } from './frame.ts';
import { goJson } from './json.ts';

/**
 * The body of a container plugin's `main.ts`: runs the command line and prints the result or error in coreX's format.
 * The exit code is 0 or 1. What handlers print to stdout is sent to stderr: coreX would take a line that begins with a
 * number and two colons for a message, and the result must be at the start of a piece that it reads.
 */
export function run(plugin: ContainerPlugin): void {
  const print = process.stdout.write.bind(process.stdout);
  const note = process.stderr.write.bind(process.stderr);
  // Both streams are parsed for levels; a leading blank prevents that.
  process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return note(text.replace(/^(?=\d+::)/gm, ' '), done);
  };
  let printed = false;
  const finish = (json: string, code: number): void => {
    // The call has been answered; later failures of the handler do not matter.
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

/**
 * The message of a thrown value. Anything but an Error is a programming error, reported in 0-core's words for a panic.
 */
function messageOf(error: unknown): string {
  try {
    if (error instanceof ModelError) return error.messages.join('\n');
    return error instanceof Error ? String(error.message) : `paniced with error: ${String(error)}`;
  } catch {
    return 'paniced with error: a value that cannot be shown';
  }
}
