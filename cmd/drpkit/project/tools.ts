import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ModelError } from '../../../lib/models/index.ts';
import { findKit } from '../new/project.ts';

/** Throws ModelError 400 outside of a project. */
export function requireProject(): void {
  if (!existsSync('package.json')) {
    throw new ModelError(
      400,
      'There is no package.json here: this is for the folder of a project (drpkit new makes one)',
    );
  }
}

/** A script of the kit: TypeScript in a checkout, JavaScript in the package. */
export async function script(name: string): Promise<string> {
  requireProject();
  const file = join(await findKit(''), 'scripts', name);
  return existsSync(`${file}.ts`) ? `${file}.ts` : `${file}.js`;
}

/** The path of tsc, which depends on npm's layout. */
export async function compiler(): Promise<string> {
  const manifest = createRequire(join(await findKit(''), 'package.json')).resolve('typescript/package.json');
  return join(dirname(manifest), 'bin', 'tsc');
}

/** The Node.js version that the kit pins for executables. This process may run on another one. */
export async function pinnedNode(): Promise<string> {
  const kit = join(await findKit(''), 'package.json');
  const { optionalDependencies } = JSON.parse(readFileSync(kit, 'utf8')) as { optionalDependencies: object };
  for (const name of Object.keys(optionalDependencies)) {
    try {
      return createRequire(kit).resolve(`${name}/bin/node`);
    } catch {
      // Not installed: for another platform, or left out by npm.
    }
  }
  return process.execPath;
}
