import { hasPipes, killGroup, start } from './group.ts';
import { type Ending, Lifetime } from './lifetime.ts';
import { startGuarded } from './orphan-guard.ts';
import { startTurn } from './start-turn.ts';

/** What became of a child process. */
export interface ChildEnd {
  /** `exit`: by itself. The others: killed, and why. `unstartable`: there is no such program, or it may not be run. */
  how: Ending;
  /** Exit code; null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Why it could not be started. */
  error?: Error;
}

export interface ChildOptions {
  /** The child's whole environment. */
  env: Record<string, string>;
  /** The child's working folder; this process's own unless given. */
  cwd?: string;
  /** What the child reads from stdin, for tools that ask there. Nothing unless given. */
  input?: string;
  timeLimitMs: number;
  signal: AbortSignal;
}

/** More on stdout is no answer: the longest there is, 65,535 entries of a BMC's event log, has about 6 MB. */
const MAX_STDOUT_BYTES = 8 * 1024 * 1024;
/** Diagnostics are read up to here, and what follows is thrown away. */
const MAX_STDERR_BYTES = 64 * 1024;

/**
 * Runs a program with no shell, and tells how it ended. Never rejects. The child leads its own session and process
 * group: it has no terminal to ask at, and is killed with all of the group, so that no helper of a hung tool stays
 * behind, not even when this process is killed meanwhile.
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
    // With no descriptor left for its pipes the child has no streams, whatever the types say; the error above follows.
    if (!hasPipes(child)) return;
    // A child that ends without reading what it is given is no failure of its own.
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

  /** Whether there was room for all of `chunk`. */
  add(chunk: Buffer): boolean {
    if (this.#room > 0) this.#chunks.push(chunk.subarray(0, this.#room));
    this.#room -= chunk.length;
    return this.#room >= 0;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}
