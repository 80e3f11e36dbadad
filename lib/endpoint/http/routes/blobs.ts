import { lstat, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { ModelError } from '../../../models/index.ts';
import { explode } from '../../state/explode.ts';
import { safePlace } from '../../state/files.ts';
import { receiveFile } from '../../state/receive-file.ts';
import type { Exchange, Route } from '../exchange.ts';
import { fileAnswer, type MakeFile, madeAnswer } from '../file-answer.ts';
import type { Parts } from '../parts.ts';
import { readUpload } from '../upload.ts';

/** Files below `files` and `isos` of the static file server's folder. */
export function blobRoutes({ webRoot, rendering }: Parts): Route[] {
  const ofMachines: Route = {
    method: 'GET',
    path: 'files/machines/*path',
    // Files rendered from templates of a machine's stage and boot environment, as on the static file server.
    handle: async (exchange) => {
      const path = `machines/${exchange.captures.path ?? ''}`;
      const about = { model: 'files', key: `/${path}`, type: exchange.method };
      const make: MakeFile = (file, address) => rendering.file(file, address);
      return (
        (await madeAnswer({ webRoot, make }, path, exchange.request, about)) ??
        fileAnswer(join(webRoot, 'files'), path, exchange.request, about)
      );
    },
  };
  return [ofMachines, ...['files', 'isos'].flatMap((base) => routesOf(base, join(webRoot, base)))];
}

function routesOf(base: string, folder: string): Route[] {
  const details = ({ captures, method }: Exchange) => ({
    model: base,
    key: `/${captures.path ?? ''}`,
    type: method,
  });
  return [
    {
      method: 'GET',
      path: base,
      async handle(exchange) {
        const { query, method } = exchange;
        const about = { model: base, key: query.get('path') ?? '', type: method };
        // For a name inside, so that the folder itself is checked for links.
        const place = await safePlace(folder, `${query.get('path') ?? ''}/list`, about);
        try {
          const top = dirname(place);
          const recursive = query.get('all') === 'true';
          const entries = await readdir(top, { withFileTypes: true, recursive });
          const shown = entries.flatMap((entry) => {
            const name = relative(top, join(entry.parentPath, entry.name));
            if (isPart(entry.name)) return [];
            if (entry.isDirectory()) return recursive ? [] : [`${name}/`];
            return [name];
          });
          return { json: shown.sort() };
        } catch {
          throw new ModelError(404, `list: error listing ${base}`, about);
        }
      },
    },
    {
      method: 'GET',
      path: `${base}/*path`,
      handle: (exchange) =>
        fileAnswer(folder, exchange.captures.path ?? '', exchange.request, details(exchange)),
    },
    {
      method: 'POST',
      path: `${base}/*path`,
      async handle(exchange) {
        const about = details(exchange);
        const { path = '' } = exchange.captures;
        const place = await safePlace(folder, path, about);
        const isFolder =
          exchange.url.split('?')[0]?.endsWith('/') ||
          (await stat(place).catch(() => undefined))?.isDirectory();
        if (isFolder) throw new ModelError(403, 'Cannot upload a directory', about);
        const upload = await readUpload(exchange.request, about);
        const temporary = join(dirname(place), `.${basename(place)}.part`);
        const size = await receiveFile(temporary, upload, about, async (received) => {
          await rename(temporary, place);
          return received;
        });
        if (exchange.query.get('explode') === 'true') await explode(place, folder, about, exchange.signal);
        return { status: 201, json: { Path: base === 'files' ? `/${path}` : path, Size: size } };
      },
    },
    {
      method: 'DELETE',
      path: `${base}/*path`,
      async handle(exchange) {
        const about = details(exchange);
        try {
          const place = await safePlace(folder, exchange.captures.path ?? '', about);
          if (place === folder) throw new ModelError(403, 'Cannot delete', about);
          // Also deletes empty folders.
          await ((await lstat(place)).isDirectory() ? rmdir(place) : rm(place));
        } catch (error) {
          throw error instanceof ModelError ? error : new ModelError(404, 'Unable to delete', about);
        }
        return { status: 204 };
      },
    },
  ];
}

/** Whether the name is that of an upload in progress. */
function isPart(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.part');
}
