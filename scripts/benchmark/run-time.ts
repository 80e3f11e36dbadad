import { spawn } from 'node:child_process';
import type { Scratch } from '../measuring/scratch.ts';

/** Milliseconds from the start of a program to the end of what it prints. Throws an Error when it fails. */
export async function runTime(scratch: Scratch, file: string, args: readonly string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const begun = performance.now();
  // The environment that an endpoint gives to `define`.
  const child = spawn(file, args, {
    cwd: scratch.folder,
    env: { PATH: process.env.PATH, RS_TOKEN: 'catalog' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  scratch.own(child);
  let stderr = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  child.once('error', reject);
  child.once('close', (code, signal) => {
    const time = performance.now() - begun;
    if (code === 0) resolve(time);
    else reject(new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}: ${stderr.trim()}`));
  });
  return promise;
}
