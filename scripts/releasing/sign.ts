import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

/** What the signature is for: one that was made for something else does not count. */
export const NAMESPACE = 'drp-plugins-release';

/**
 * Signs a file with an OpenSSH key: FILE.sig. ssh-keygen asks for the key's passphrase on the terminal; with the public
 * part of a key it asks the agent. Throws an Error when that fails.
 */
export async function sign(file: string, key: string): Promise<void> {
  // It asks before it overwrites one.
  await rm(`${file}.sig`, { force: true });
  const child = spawn('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', NAMESPACE, file], {
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close').catch((error: Error) => {
    throw new Error(`ssh-keygen (OpenSSH 8.0 or later) is needed to sign: ${error.message}`);
  })) as [number | null];
  if (code !== 0) throw new Error(`ssh-keygen could not sign ${file} with ${key}`);
}
