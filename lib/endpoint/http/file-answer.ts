import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { ModelErrorDetails } from '../../models/index.ts';
import { existingPlace, fileSum } from '../state/files.ts';
import type { MadeFile } from '../state/rendering/rendering.ts';
import { type Answer, addressReached } from './exchange.ts';

/**
 * Renders the file at a path from a template, for a client that reached the endpoint at `address`; undefined if no
 * template makes that path.
 */
export type MakeFile = (path: string, address: string) => MadeFile | undefined;

/**
 * The rendered file of a path, or the file below `webRoot` that the template links to. Undefined if no template makes
 * the path.
 */
export async function madeAnswer(
  { webRoot, make }: { webRoot: string; make: MakeFile },
  path: string,
  request: IncomingMessage,
  details: ModelErrorDetails,
): Promise<Answer | undefined> {
  const made = make(posix.normalize(`/${path}`), addressReached({ request }));
  if (made === undefined) return undefined;
  if (made.link !== undefined) return fileAnswer(webRoot, made.link, request, details);
  const bytes = Buffer.from(made.text);
  return {
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': `${bytes.length}` },
    body: Readable.from([bytes]),
  };
}

/** Answers with a file and its checksum: all of it, the requested range, or 304 if the client has it. */
export async function fileAnswer(
  folder: string,
  path: string,
  request: IncomingMessage,
  details: ModelErrorDetails,
): Promise<Answer> {
  const file = await existingPlace(folder, path, details);
  const sum = await fileSum(file);
  const ETag = `"SHA256:${sum}"`;
  const headers = {
    ETag,
    'X-DRP-SHA256SUM': sum,
    'Accept-Ranges': 'bytes',
    'Content-Type': 'application/octet-stream',
  };
  if (request.headers['if-none-match'] === ETag) return { status: 304, headers };
  const { size } = await stat(file);
  const range = readRange(request.headers.range, size);
  if (range === undefined) {
    return { headers: { ...headers, 'Content-Length': `${size}` }, body: createReadStream(file) };
  }
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${size}` } };
  }
  const { start, end } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Content-Length': `${end - start + 1}`,
    },
    body: createReadStream(file, { start, end }),
  };
}

/** Parses a single range of bytes. For several ranges the whole file is a valid answer (RFC 9110). */
function readRange(header: string | undefined, size: number) {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
