import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/** A set of changes. */
export interface Changes {
  source: boolean;
  content: boolean;
  params: boolean;
}

/** Editors write a file in several steps, and several files at once. */
const QUIET_MS = 60;

/**
 * Watches the folders of a project and the file with params. Calls `onChange` with the changes after a moment without
 * further ones. Returns a function that stops watching.
 */
export function watchChanges(
  folder: string,
  params: { folder: string; file: string },
  onChange: (changes: Changes) => void,
  onError: (error: Error) => void,
): () => void {
  let changes: Changes = { source: false, content: false, params: false };
  let timer: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = [];
  const note = (kind: keyof Changes) => {
    changes[kind] = true;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const all = changes;
      changes = { source: false, content: false, params: false };
      onChange(all);
    }, QUIET_MS);
  };
  const add = (path: string, recursive: boolean, seen: (file: string) => void) => {
    if (!existsSync(path)) return;
    const watcher = watch(path, { recursive }, (_change, file) => {
      // Ignores files of editors and those that this program generates or writes temporarily.
      if (file !== null && !/(?:^|\/)[.#]|~$|\.generated\.ts(?:\.|$)/.test(file)) seen(file);
    });
    watcher.on('error', onError);
    watchers.push(watcher);
  };
  add(join(folder, 'cmd'), true, () => note('source'));
  add(join(folder, 'lib'), true, () => note('source'));
  add(join(folder, 'content'), true, () => note('content'));
  add(params.folder, false, (file) => {
    if (file === params.file) note('params');
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
