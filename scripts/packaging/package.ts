import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { megabytes } from './megabytes.ts';
import { targets } from './target.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.build', 'package');

/** Files that are copied, not compiled. */
const COPIED = [
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'docs/providers.md',
  'cmd/drpkit/new/template',
  ...['archive', 'prologue', 'start-executable', 'start-together'].map(
    (name) => `scripts/packaging/${name}.cjs`,
  ),
];

/** Packages for the build and `drpkit test`. They are development dependencies of a checkout. */
const TOOLS = ['@types/node', '@yao-pkg/pkg', 'esbuild', 'typescript'];

const DRPKIT = `#!/usr/bin/env node
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('../cmd/drpkit/main.js');
`;

interface Manifest {
  exports: Readonly<Record<string, string>>;
  dependencies: Readonly<Record<string, string>>;
  devDependencies: Readonly<Record<string, string>>;
  optionalDependencies: Readonly<Record<string, string>>;
  [name: string]: unknown;
}

/** The package.json of the package: with compiled files instead of sources, and without scripts. */
function published({ scripts: _, private: __, devDependencies, ...manifest }: Manifest): object {
  const exports = Object.entries(manifest.exports).map(([name, file]) => {
    const compiled = (extension: string) => file.replace(/\.ts$/, extension);
    return [name, file.endsWith('.ts') ? { types: compiled('.d.ts'), default: compiled('.js') } : file];
  });
  const tools = TOOLS.map((name) => [name, devDependencies[name]]);
  return {
    ...manifest,
    exports: Object.fromEntries(exports),
    engines: { node: '>=22.18' },
    dependencies: { ...manifest.dependencies, ...Object.fromEntries(tools) },
  };
}

async function main(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await run('tsc', ['-p', join(root, 'tsconfig.package.json')], { cwd: root, timeout: 600_000 });
  for (const path of COPIED) await cp(join(root, path), join(folder, path), { recursive: true });
  const read = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'));
  const write = (path: string, value: unknown) =>
    writeFile(join(folder, path), `${JSON.stringify(value, null, 2)}\n`);
  await write('package.json', published((await read('package.json')) as Manifest));
  const { compilerOptions } = (await read('tsconfig.json')) as { compilerOptions: object };
  await write('tsconfig.json', { compilerOptions });
  const { packages } = (await read('package-lock.json')) as { packages: Record<string, unknown> };
  const pinned = targets.map(({ basePackage }) => `node_modules/${basePackage}`);
  await write('node-lock.json', {
    packages: Object.fromEntries(pinned.map((path) => [path, packages[path]])),
  });
  await writeFile(join(folder, 'scripts', 'drpkit'), DRPKIT, { mode: 0o755 });

  const target = join(root, 'bin');
  await mkdir(target, { recursive: true });
  const { stdout } = await run('npm', ['pack', folder, '--pack-destination', target, '--loglevel', 'error'], {
    timeout: 120_000,
  });
  const file = join(target, basename(stdout.trim().split('\n').at(-1) ?? ''));
  console.log(`bin/${basename(file)}: ${megabytes((await stat(file)).size)}`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  const { stdout = '' } = error as { stdout?: string };
  console.error(`scripts/package: ${error instanceof Error ? error.message : error}\n${stdout}`.trimEnd());
});
