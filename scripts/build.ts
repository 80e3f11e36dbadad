import { spawnSync } from 'node:child_process';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './packaging/build.ts';
import { nativeTarget, targetNamed, targets } from './packaging/target.ts';

const usage = `usage: scripts/build [NAME...] [--target OS/ARCH]... [--together] [--root FOLDER]

Builds bin/OS/ARCH/NAME, and about them bin/SHA256SUMS, bin/SBOM.cdx.json and bin/THIRD_PARTY_LICENSES.

  NAME       a folder of cmd/ with a main.ts; default: all of them
  --target   ${targets.map(({ name }) => name).join(', ')}; default: this machine's
  --together one executable for all providers, which is the one that it is called by: their files are hard links to it
  --root     a project that uses this one as its kit; default: this project itself
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: 'string', multiple: true },
      together: { type: 'boolean', default: false },
      root: { type: 'string', default: join(import.meta.dirname, '..') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const root = resolve(values.root);
  const chosen = [...new Set(values.target?.map(targetNamed) ?? [nativeTarget()])];
  const generated = spawnSync(
    process.execPath,
    [join(import.meta.dirname, `generate${extname(import.meta.filename)}`), '--root', root],
    {
      stdio: 'inherit',
      timeout: 120_000,
    },
  );
  if (generated.status !== 0) throw new Error('scripts/generate.ts failed');
  await build(root, positionals, chosen, (line) => console.log(line), { together: values.together });
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  // In the folder of a project, drpkit has started the build, and this script does not exist.
  const name = process.argv.includes('--root') ? 'drpkit build' : 'scripts/build';
  console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
});
