import { join } from 'node:path';
import { findKit } from '../new/project.ts';

/** The file that runs this drpkit: the executable, or the script when it runs from source. */
export async function ownProgram(): Promise<string> {
  const { isSea } = await import('node:sea');
  return isSea() ? process.execPath : join(await findKit(''), 'scripts', 'drpkit');
}

/** Programs for scripts of tasks: drpkit takes the place of drpcli. */
export async function scriptPrograms(): Promise<Record<string, string>> {
  return { drpcli: await ownProgram() };
}
