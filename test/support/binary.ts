import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { arch, platform } from 'node:process';

/** Providers that the build makes. */
export const PROVIDERS = [
  'bios',
  'callback',
  'incrementer',
  'ipmi',
  'packet-ipmi',
  'slack',
  'virtualbox-ipmi',
] as const;

/** The built executable of a name for this machine. */
export function binary(name: string): string {
  const path = join(import.meta.dirname, '../../bin', platform, arch === 'x64' ? 'amd64' : arch, name);
  if (!existsSync(path)) throw new Error(`${path} is not there: run scripts/build first`);
  return path;
}
