import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/** What has changed. */
export interface Changes {
  source: boolean;
  content: boolean;
  params: boolean;
}

/** An editor writes a file in several steps, and several files at once. */
const QUIET_MS = 60;

/**
 * Watches the folders of a project, and the file with the params. `onChange` is called with what has changed once it is quiet for
 * a moment. Returns what ends it.
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
      // Those of editors, and what is written anew by this program, under another name at first.
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
