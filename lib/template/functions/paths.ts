import { withoutTrailing } from '../trailing.ts';
import { type Functions, fn } from './define.ts';

const text = (change: (path: string) => string) => fn(['string'], 'string', change);
const isAbsolute = fn(['string'], 'bool', (path) => path.startsWith('/'));

/** Functions on paths with slashes. Those that begin with `os` use the rules of Linux. */
export const PATHS: Functions = {
  base: text(base),
  clean: text(clean),
  dir: text(dir),
  ext: text(ext),
  isAbs: isAbsolute,
  osBase: text(base),
  osClean: text(clean),
  osDir: text(dir),
  osExt: text(ext),
  osIsAbs: isAbsolute,
};

/** Go's path.Clean: the shortest equivalent path. */
export function clean(path: string): string {
  const rooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!rooted) kept.push('..');
  }
  return (rooted ? '/' : '') + kept.join('/') || '.';
}

function base(path: string): string {
  if (path === '') return '.';
  const trimmed = withoutTrailing(path, '/');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function dir(path: string): string {
  return clean(path.slice(0, path.lastIndexOf('/') + 1));
}

function ext(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot === -1 ? '' : name.slice(dot);
}
