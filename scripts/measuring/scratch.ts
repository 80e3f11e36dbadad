import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The temporary folder and processes of a measurement, removed at exit for whatever reason. */
export class Scratch implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'drp-'));
  readonly #children = new Set<ChildProcess>();
  readonly #clear = () => this[Symbol.dispose]();

  constructor() {
    process.once('exit', this.#clear);
  }

  /** Registers a child to be killed at exit. Returns it. */
  own<C extends ChildProcess>(child: C): C {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#clear);
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Makes signals end the process through its `exit` event, which runs the cleanup. */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}
