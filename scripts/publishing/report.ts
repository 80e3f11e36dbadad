import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { declarationsOf, type Module, moduleOf } from './declarations.ts';

/** Path of the report. */
export const REPORT = 'lib/public-types.txt';

const HEAD = `The public types of the package: what its exports are called, and all that they are declared by.
Written by scripts/public-types. What a version may change: CONTRIBUTING.md.
`;

/** The report on the types of everything that package.json exports. */
export async function typesReport(root: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    name: string;
    exports: Readonly<Record<string, string>>;
  };
  const entries = Object.entries(manifest.exports).flatMap(([path, file]) =>
    file.endsWith('.ts') ? [{ path: posix.join(manifest.name, path), file: posix.normalize(file) }] : [],
  );
  const texts = await declarationsOf(
    root,
    entries.map(({ file }) => file),
  );
  return reportOn(entries, texts);
}

/** `texts` are declarations by path. */
export function reportOn(
  entries: readonly { path: string; file: string }[],
  texts: ReadonlyMap<string, string>,
): string {
  const walk = new Walk(texts);
  const names = entries.flatMap(({ path, file }) =>
    [...walk.namesOf(file)].sort().map((name) => {
      walk.visit(file, name);
      return `${path}: ${name}`;
    }),
  );
  const declarations = [...walk.found].sort((a, b) => (a < b ? -1 : 1));
  return [HEAD, `${names.join('\n')}\n`, ...declarations.map((text) => `${text}\n`)].join('\n');
}

/** Follows exported names to their declarations, and on to the names in these. */
class Walk {
  /** The declarations found. */
  readonly found = new Set<string>();
  readonly #texts: ReadonlyMap<string, string>;
  readonly #modules = new Map<string, Module>();
  readonly #visited = new Set<string>();

  constructor(texts: ReadonlyMap<string, string>) {
    this.#texts = texts;
  }

  namesOf(file: string): Set<string> {
    const { exported, passedOn } = this.#module(file);
    const others = passedOn.flatMap((other) => [...this.namesOf(resolved(file, other))]);
    return new Set([...exported.keys(), ...others]);
  }

  visit(file: string, name: string): void {
    const key = `${file}: ${name}`;
    if (this.#visited.has(key) || !this.#texts.has(file)) return;
    this.#visited.add(key);
    const { declared, imported, exported, passedOn } = this.#module(file);
    const origin = imported.get(name) ?? exported.get(name);
    if (origin?.module !== undefined) this.visit(resolved(file, origin.module), origin.name);
    else if (origin !== undefined && origin.name !== name) this.visit(file, origin.name);
    else for (const other of passedOn) this.visit(resolved(file, other), name);
    for (const text of declared.get(name) ?? []) this.#add(file, text);
  }

  #add(file: string, text: string): void {
    // Private members are not part of the public types.
    this.found.add(text.replace(/^ +(?:#private|private (?!constructor).*);\n/gm, ''));
    for (const word of text.match(/[\w$]+/g) ?? []) this.visit(file, word);
    for (const [, module = '', name = ''] of text.matchAll(/import\(['"](.+?)['"]\)\.([\w$]+)/g)) {
      this.visit(resolved(file, module), name);
    }
  }

  #module(file: string): Module {
    const module = this.#modules.get(file) ?? moduleOf(this.#texts.get(file) ?? '');
    this.#modules.set(file, module);
    return module;
  }
}

function resolved(file: string, module: string): string {
  return posix.join(posix.dirname(file), module);
}
