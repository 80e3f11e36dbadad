import { hasPipes, killGroup, start } from './group.ts';
import { type Ending, Lifetime } from './lifetime.ts';
import { startGuarded } from './orphan-guard.ts';
import { startTurn } from './start-turn.ts';

/** How a child process ended. */
export interface ChildEnd {
  /** `exit`: by itself. `unstartable`: the program does not exist or may not be run. Others: it was killed, and why. */
  how: Ending;
  /** Exit code; null after a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Why it could not be started. */
  error?: Error;
}

export interface ChildOptions {
  /** The child's complete environment. */
  env: Record<string, string>;
  /** The child's working folder. Default: that of this process. */
  cwd?: string;
  /** Input for stdin. Default: none. */
  input?: string;
  timeLimitMs: number;
  signal: AbortSignal;
}

/** Limit for stdout. The longest real output, 65,535 entries of a BMC's event log, has about 6 MB. */
const MAX_STDOUT_BYTES = 8 * 1024 * 1024;
/** Stderr beyond this is discarded. */
const MAX_STDERR_BYTES = 64 * 1024;

/**
 * Runs a program without a shell. Never rejects. The child leads its own session and process group: it has no terminal
 * to prompt on, and is killed with its whole group, so that no helper of a hung tool survives, even when this process
 * is killed.
 */
export async function runChild(
  file: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<ChildEnd> {
  const { env, cwd, input = '', timeLimitMs, signal } = options;
  await startTurn();
  if (signal.aborted) return { how: 'abort', code: null, stdout: '', stderr: '' };
  return new Promise((resolve) => {
    const stdout = new Collector(MAX_STDOUT_BYTES);
    const stderr = new Collector(MAX_STDERR_BYTES);
    const child = startGuarded(() => start(file, args, { env, cwd }));
    if (child instanceof Error) {
      resolve({ how: 'unstartable', code: null, stdout: '', stderr: '', error: child });
      return;
    }
    const life = new Lifetime(child, { timeLimitMs, signal }, (ended) =>
      resolve({ ...ended, stdout: stdout.text(), stderr: stderr.text() }),
    );
    // Without free descriptors the child has no streams, contrary to the types; an `error` event follows.
    if (!hasPipes(child)) return;
    // A child that does not read its input is not a failure.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let isBusy = false;
    child.stdout.on('data', (chunk: Buffer) => {
      isBusy = true;
      if (!stdout.add(chunk)) life.end('output limit');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      isBusy = true;
      stderr.add(chunk);
    });
    child.on('close', (code) => life.finish(code));
    child.on('exit', (code) => {
      const wasBusy = () => {
        const was = isBusy;
        isBusy = false;
        return was;
      };
      life.whenQuiet(wasBusy, () => {
        killGroup(child, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
        life.finish(code);
      });
    });
  });
}

/** Keeps the first bytes of a stream. */
class Collector {
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(maxBytes: number) {
    this.#room = maxBytes;
  }

  /** Returns whether all of `chunk` fits. */
  add(chunk: Buffer): boolean {
    if (this.#room > 0) this.#chunks.push(chunk.subarray(0, this.#room));
    this.#room -= chunk.length;
    return this.#room >= 0;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
