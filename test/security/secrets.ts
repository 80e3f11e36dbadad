import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Secrets as they may be written: as they are, in base64, percent-encoded, in JSON, with a user name before them. */
export class Secrets {
  readonly #written = new Map<string, string>();

  /** `name` is what errors call it. */
  add(name: string, secret: string, user = 'rocketskates'): void {
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      base64(secret),
      base64(`${user}:${secret}`),
    ];
    for (const form of forms) this.#written.set(form, name);
  }

  /** The names of the secrets in a text. */
  in(text: string): string[] {
    const found = [...this.#written].filter(([form]) => text.includes(form)).map(([, name]) => name);
    return [...new Set(found)];
  }
}

/** Without its end, which is another when something follows. */
function base64(text: string): string {
  return Buffer.from(text).toString('base64').replace(/.?=*$/, '');
}

/** What every other process shows of itself to those who may look. Those that end meanwhile show nothing. */
export async function processes(): Promise<{ pid: number; line: string; environment: string[] }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      line: await read(pid, 'cmdline'),
      environment: (await read(pid, 'environ')).split('\0'),
    })),
  );
}

/** All files below a folder: their names, and what is in them byte for byte. Links are not followed. */
export async function* filesBelow(folder: string): AsyncGenerator<{ file: string; text: string }> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    // One that is gone meanwhile was none to stay.
    const text = await readFile(file, 'latin1').catch(() => '');
    yield { file, text };
  }
}
