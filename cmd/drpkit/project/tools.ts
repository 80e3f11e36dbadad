import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ModelError } from '../../../lib/models/index.ts';
import { findKit } from '../new/project.ts';

/** Throws ModelError 400 where there is no project. */
export function requireProject(): void {
  if (!existsSync('package.json')) {
    throw new ModelError(
      400,
      'There is no package.json here: this is for the folder of a project (drpkit new makes one)',
    );
  }
}

/** A script of the kit: TypeScript in a checkout of it, JavaScript in its package. */
export async function script(name: string): Promise<string> {
  requireProject();
  const file = join(await findKit(''), 'scripts', name);
  return existsSync(`${file}.ts`) ? `${file}.ts` : `${file}.js`;
}

/** tsc, which is wherever npm has put it. */
export async function compiler(): Promise<string> {
  const manifest = createRequire(join(await findKit(''), 'package.json')).resolve('typescript/package.json');
  return join(dirname(manifest), 'bin', 'tsc');
}

/** The Node.js that the kit pins, which executables are made of: this process may run on another. */
export async function pinnedNode(): Promise<string> {
  const kit = join(await findKit(''), 'package.json');
  const { optionalDependencies } = JSON.parse(readFileSync(kit, 'utf8')) as { optionalDependencies: object };
  for (const name of Object.keys(optionalDependencies)) {
    try {
      return createRequire(kit).resolve(`${name}/bin/node`);
    } catch {
      // It is for another platform, or npm was told to leave it out.
    }
  }
  return process.execPath;
}
