import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './target.ts';

const run = promisify(execFile);

/** Prefixes of binutils' strip for other architectures. */
const GNU_ARCH = { x64: 'x86_64', arm64: 'aarch64' } as const;

export interface Stripped {
  path: string;
  /** Tool and version, since other tools give other bytes. */
  by: string;
}

/**
 * Strips a copy of a Linux executable in `folder`, with the first suitable tool, and caches it there. Undefined when no
 * tool is available: the executable is then larger but works. Must be done before a blob is injected; afterwards it
 * breaks the file.
 */
export async function strip(target: Target, file: string, folder: string): Promise<Stripped | undefined> {
  const tools =
    target.arch === process.arch
      ? ['strip', 'llvm-strip']
      : [`${GNU_ARCH[target.arch]}-linux-gnu-strip`, 'llvm-strip', 'strip'];
  for (const tool of tools) {
    const by = await describe(tool);
    if (!by) continue;
    const path = join(folder, `node-${createHash('sha256').update(by).digest('hex').slice(0, 12)}`);
    if (existsSync(path)) return { path, by };
    await mkdir(folder, { recursive: true });
    const unfinished = `${path}.${process.pid}`;
    try {
      await run(tool, ['-o', unfinished, file], { timeout: 120_000 });
      await rename(unfinished, path);
      return { path, by };
    } catch {
      // A tool for another architecture, or that of macOS, refuses the file.
      await rm(unfinished, { force: true });
    }
  }
  return undefined;
}

/** The tool's name and version from its --version; undefined when it is not installed. */
async function describe(tool: string): Promise<string | undefined> {
  const { stdout } = await run(tool, ['--version'], { timeout: 30_000 }).catch(() => ({ stdout: '' }));
  const version = stdout.split('\n').find((line) => /\d\.\d/.test(line));
  return version && `${tool}, ${version.trim()}`;
}
