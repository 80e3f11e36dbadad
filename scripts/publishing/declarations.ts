import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LIMIT_MS = 300_000;

/**
 * The declarations of these source files and their imports, as tsc writes them, without comments: text by path,
 * relative to `root` and with extension .ts, as in their imports.
 */
export async function declarationsOf(
  root: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'public-types-'));
  try {
    const outDir = join(folder, 'out');
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        removeComments: true,
        // Types are checked elsewhere; checking takes ten times as long.
        noCheck: true,
        rootDir: root,
        outDir,
        typeRoots: [join(root, 'node_modules', '@types')],
      },
      files: files.map((file) => join(root, file)),
      include: [],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await promisify(execFile)(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder], {
      timeout: LIMIT_MS,
    });
    return await readAll(outDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readAll(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = globSync('**/*.d.ts', { cwd: folder }).sort();
  const texts = files.map(async (file) => {
    const text = await readFile(join(folder, file), 'utf8');
    return [file.replace(/\.d\.ts$/, '.ts'), text] as const;
  });
  return new Map(await Promise.all(texts));
}

/** A parsed file of declarations. */
export interface Module {
  /** Declarations by name; overloaded functions have several. */
  declared: Map<string, string[]>;
  /** Imported names, with their origin. */
  imported: Map<string, Origin>;
  /** Re-exported names, with their origin. */
  exported: Map<string, Origin>;
  /** Modules that are re-exported as a whole. */
  passedOn: string[];
}

export interface Origin {
  /** Default: the module itself. */
  module?: string;
  name: string;
}

/**
 * Parses a file of declarations. In tsc's output only statements and their closing brackets begin in the first column.
 */
export function moduleOf(text: string): Module {
  const module: Module = { declared: new Map(), imported: new Map(), exported: new Map(), passedOn: [] };
  for (const statement of statements(text)) readStatement(statement, module);
  return module;
}

function statements(text: string): string[] {
  const found: string[][] = [];
  for (const line of text.split('\n')) {
    if (/^[^\s)\]}>|&]/.test(line)) found.push([line]);
    else if (line.trim() !== '') found.at(-1)?.push(line);
  }
  return found.map((lines) => lines.join('\n'));
}

function readStatement(statement: string, { declared, imported, exported, passedOn }: Module): void {
  const [, all] = /^export (?:type )?\* from '(.*)';$/.exec(statement) ?? [];
  if (all !== undefined) return void passedOn.push(all);
  const [, keyword, names, from] =
    /^(import|export) (?:type )?\{(.*?)\}(?: from '(.*)')?;$/s.exec(statement) ?? [];
  if (keyword !== undefined && names !== undefined) {
    for (const entry of names.split(',')) {
      const [, name, as = name] = /^(?:type )?([\w$]+)(?: as ([\w$]+))?$/.exec(entry.trim()) ?? [];
      if (name === undefined || as === undefined) continue;
      if (keyword === 'import') imported.set(as, { module: from ?? '', name });
      else exported.set(as, from === undefined ? { name } : { module: from, name });
    }
    return;
  }
  const declaration =
    /^(export )?(?:declare )?(?:abstract )?(?:type|interface|class|function|const|let|enum|namespace) ([\w$]+)/;
  const [, isExported, name] = declaration.exec(statement) ?? [];
  if (name === undefined) return;
  const plain = statement.replace(/^(?:export )?(?:declare )?/, '');
  declared.set(name, [...(declared.get(name) ?? []), plain]);
  if (isExported !== undefined) exported.set(name, { name });
}
