import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';

/** Namespace of the signature, which keeps it from being valid for another purpose. */
export const NAMESPACE = 'drp-plugins-release';

/**
 * Signs a file with an OpenSSH key: FILE.sig. ssh-keygen prompts for a passphrase on the terminal; with a public key it
 * uses the agent. Throws an Error when that fails.
 */
export async function sign(file: string, key: string): Promise<void> {
  // ssh-keygen would prompt before it overwrites a file.
  await rm(`${file}.sig`, { force: true });
  const child = spawn('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', NAMESPACE, file], {
    stdio: ['inherit', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'close').catch((error: Error) => {
    throw new Error(`ssh-keygen (OpenSSH 8.0 or later) is needed to sign: ${error.message}`);
  })) as [number | null];
  if (code !== 0) throw new Error(`ssh-keygen could not sign ${file} with ${key}`);
}
