import { build } from 'esbuild';

/** A command of a project as one script of CommonJS, in which comments name the files that it is made of. */
export async function oneScript(root: string, name: string, version: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`cmd/${name}/main.ts`],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    preserveSymlinks: true,
    write: false,
    logLevel: 'warning',
    define: { 'import.meta.url': 'bundleUrl', DRP_PLUGINS_VERSION: JSON.stringify(version) },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  return outputFiles[0]?.text ?? '';
}
