import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { generateContent } from '../lib/content/index.ts';

const usage = `usage: node scripts/generate.ts [NAME...] [--root FOLDER]

Writes for each content pack content/NAME.generated.ts, the pack as YAML and its params as types, and
docs/plugins/NAME.md, its documentation, with NAME-reference.md for a pack of many objects; and lib/inspector/page.generated.ts, the inspector's page.

  NAME      a folder of content/; default: all of them, and the page
  --root    a project that uses this one as its kit; default: this project itself

A file that would not change is left alone, so that this may run before every build and test. What is wrong with a
pack is printed with file, line and field; errors leave its files as they were and end with 1.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      root: { type: 'string', default: path.join(import.meta.dirname, '..') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const { written, problems, failed } = await generateContent(values.root, positionals);
  for (const problem of problems) console.error(problem);
  for (const file of written) said(file);
  if (failed) process.exitCode = 1;
  if (positionals.length === 0 && existsSync(path.join(values.root, 'lib', 'inspector', 'page'))) {
    const { PAGE_MODULE, writePage } = await import('./packaging/page.ts');
    if ((await writePage(values.root)).written) said(path.join(values.root, PAGE_MODULE));
  }
}

function said(file: string): void {
  console.log(`wrote ${path.relative(process.cwd(), file)}`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/generate: ${error instanceof Error ? error.message : String(error)}`);
});
