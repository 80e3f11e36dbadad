import { open, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { ModelError } from '../../lib/models/index.ts';

/**
 * Makes this process the one that uses a folder, until it ends in whatever way, or gives it back by what is
 * returned. Throws ModelError 409 when another does. It is a socket that is listened at: unlike a file, it tells of a
 * process that was killed.
 */
export async function claimFolder(folder: string): Promise<() => void> {
  // Paths of sockets are short, those of folders need not be.
  const handle = await open(folder);
  const socket = `/proc/self/fd/${handle.fd}/.claim.sock`;
  const release = () => void handle.close();
  try {
    if (await isServed(socket))
      throw new ModelError(409, `${folder} is in use by another process; give --root another folder`);
    await rm(socket, { force: true });
    const server = createServer((connection) => connection.destroy()).unref();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(socket, resolve);
    await promise;
    return () => void server.close(release);
  } catch (error) {
    release();
    throw error;
  }
}

function isServed(socket: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const probe = connect(socket);
  probe.once('connect', () => resolve(true));
  probe.once('error', () => resolve(false));
  return promise.finally(() => probe.destroy());
}
