import { createServer, type Server } from 'node:http';
import { ModelError } from '../../models/index.ts';
import { fileAnswer, type MakeFile, madeAnswer } from './file-answer.ts';
import { send } from './server.ts';

/**
 * The static file server: HTTP without login, read-only access below `folder`. As in dr-provision, files rendered by
 * `make` take precedence.
 */
export function createFileServer(folder: string, make: MakeFile): Server {
  return createServer(async (request, response) => {
    const { method = '', url = '/' } = request;
    const details = { model: 'files', key: url, type: method };
    try {
      if (method !== 'GET' && method !== 'HEAD') throw new ModelError(405, 'Method not allowed', details);
      const path = decodeURIComponent(url.split('?')[0] ?? '');
      const answer =
        path === '/'
          ? { json: 'Digital Rebar file server' }
          : ((await madeAnswer({ webRoot: folder, make }, path, request, details)) ??
            (await fileAnswer(folder, path, request, details)));
      await send(response, method, answer);
    } catch (error) {
      if (response.headersSent) return response.destroy();
      const failure =
        ModelError.from(error) ??
        new ModelError(error instanceof URIError ? 400 : 500, String(error), details);
      await send(response, method, { status: failure.code, json: failure });
    }
  });
}
