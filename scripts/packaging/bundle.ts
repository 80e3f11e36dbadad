import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type EmbeddedPackage, embeddedPackages } from './embedded.ts';
import { sourceLines } from './source-lines.ts';

/** What goes into an executable: one script, and the table that leads from its lines back to the sources. */
export interface Bundle {
  script: string;
  /** SourceLines as JSON. */
  sources: string;
  /** The packages that the script has code of. */
  packages: EmbeddedPackage[];
}

/**
 * Bundles `cmd/NAME/main.ts` of the project in `root` with everything it imports into one CommonJS script, the
 * form that a single executable application takes. `DRP_PLUGINS_VERSION` in the sources becomes the version.
 * The result depends on nothing but the sources: not on the folder, not on the time. Throws esbuild's error.
 */
export async function bundle(root: string, name: string, version: string): Promise<Bundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [`cmd/${name}/main.ts`],
    outfile: `${name}.cjs`,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    // import() fails inside a script with code cache, so lazy loading has to become require().
    supported: { 'dynamic-import': false },
    define: { DRP_PLUGINS_VERSION: JSON.stringify(version), 'import.meta.url': 'bundleUrl' },
    banner: { js: await readFile(join(import.meta.dirname, 'prologue.cjs'), 'utf8') },
    // esbuild notes each module's path in the bundle: where node_modules is a link, its name and not its target.
    preserveSymlinks: true,
    sourcemap: 'external',
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  const text = (suffix: string) => {
    const file = result.outputFiles.find(({ path }) => path.endsWith(suffix));
    if (!file) throw new Error(`esbuild made no ${suffix} for ${name}`);
    return file.text;
  };
  const script = text('.cjs');
  return {
    script,
    sources: JSON.stringify(sourceLines(script, JSON.parse(text('.cjs.map')))),
    packages: await embeddedPackages(result.metafile, root),
  };
}
