import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UUID } from '../../../models/index.ts';

/** The logs of jobs: append-only files, each beginning with the job's name. */
export class JobLogs {
  readonly #folder: string;

  /** `folder` must exist. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Appends to the log of a job. Each call's text stays together. */
  add(job: string, text: string | Uint8Array): void {
    const file = this.#begun(job);
    try {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    } finally {
      closeSync(file);
    }
  }

  /** The path of the job's log, and its current size in bytes. */
  async file(job: string): Promise<{ path: string; size: number }> {
    closeSync(this.#begun(job));
    const path = this.#path(job);
    return { path, size: (await stat(path)).size };
  }

  remove(job: string): void {
    rmSync(this.#path(job), { force: true });
  }

  /** Removes the logs of jobs that no longer exist. */
  async sweep(exists: (job: string) => boolean): Promise<void> {
    for (const name of await readdir(this.#folder))
      if (UUID.test(name) && !exists(name)) await rm(join(this.#folder, name), { force: true });
  }

  #path(job: string): string {
    return join(this.#folder, job);
  }

  /** Opens the file for appending. */
  #begun(job: string): number {
    try {
      const file = openSync(this.#path(job), 'ax', 0o600);
      writeSync(file, `Log for Job: ${job}\n`);
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      return openSync(this.#path(job), 'a', 0o600);
    }
  }
}
