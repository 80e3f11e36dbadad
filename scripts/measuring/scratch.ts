import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a measurement leaves behind unless it is cleared away, whatever ends it: a folder, and processes. */
export class Scratch implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'drp-'));
  readonly #children = new Set<ChildProcess>();
  readonly #clear = () => this[Symbol.dispose]();

  constructor() {
    process.once('exit', this.#clear);
  }

  /** Kills the child, when it is still there, with the rest. Returns it. */
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

/** Lets signals end the process by way of its `exit` event, which clears away what there is. */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}
