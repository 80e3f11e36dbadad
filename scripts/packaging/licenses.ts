import type { Inventory } from './contents.ts';
import type { EmbeddedPackage } from './embedded.ts';
import { MIT } from './license-text.ts';

const RULE = '-'.repeat(80);

/** A library in Node.js that Node.js's LICENSE does not include. (SQLite is another, which is in the public domain.) */
const LIBFFI = `libffi, which is a part of Node.js, is licensed as follows:

Copyright (c) Anthony Green, Red Hat, Inc and others.

${MIT}`;

/** The licenses of all third-party code in the executables. */
export function licenses(inventory: Inventory): string {
  const libraries = new Map<string, EmbeddedPackage>();
  const bases = new Map<string, string[]>();
  const users = new Map<string, Set<string>>();
  for (const [path, { base, packages }] of inventory) {
    bases.set(base.text, [...(bases.get(base.text) ?? []), path]);
    for (const one of packages) {
      const id = `${one.name} ${one.version}`;
      libraries.set(id, one);
      users.set(id, (users.get(id) ?? new Set()).add(path.split('/').at(-1) ?? path));
    }
  }
  const sorted = [...libraries].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.map(([id, { license, text }]) => {
    const names = [...(users.get(id) ?? [])].sort().join(', ');
    return `${RULE}\n${id} (${license || 'no licence named'}), in ${names}\n\n${text}\n`;
  });
  const nodes = [...bases].map(([text, paths]) => {
    const version = inventory.get(paths[0] ?? '')?.base.version;
    const whole = text.includes('libffi') ? text : `${text}\n\n${LIBFFI}`;
    return `${RULE}\nNode.js ${version} and what is in it, in ${paths.join(', ')}\n\n${whole}\n`;
  });
  const head = 'What the executables hold that others wrote, and on which terms it may be passed on.\n';
  return [head, ...parts, ...nodes].join('\n');
}
