import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { ModelError } from '../../lib/models/index.ts';

/**
 * Makes this process the one that uses a folder, until it ends in whatever way, or gives it back by what is
 * returned. Throws ModelError 409 when another does. It is a socket that is listened at: unlike a file, it tells of a
 * process that was killed.
 */
export async function claimFolder(folder: string): Promise<() => void> {
  const socket = join(folder, '.claim.sock');
  if (await isServed(socket))
    throw new ModelError(409, `${folder} is in use by another process; give --root another folder`);
  await rm(socket, { force: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const server = createServer((connection) => connection.destroy());
  server.once('error', reject);
  server.listen(socket, resolve).unref();
  await promise;
  return () => void server.close();
}

function isServed(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(socket);
  probe.once('connect', () => resolve(true));
  probe.once('error', () => resolve(false));
  return promise.finally(() => probe.destroy());
}
