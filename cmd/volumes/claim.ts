import { open, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { ModelError } from '../../lib/models/index.ts';

/**
 * Locks a folder for this process until it ends, or until the returned function is called. Throws ModelError 409 when
 * another process has the lock. Uses a listening socket: unlike a file, it disappears with a killed process.
 */
export async function claimFolder(folder: string): Promise<() => void> {
  // Paths of sockets are limited, those of folders are not.
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
