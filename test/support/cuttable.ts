import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** Passes connections on to an endpoint. `cut` breaks those that there are; while it is down, new ones are refused. */
export async function cuttable(endpoint: string): Promise<
  {
    /** The endpoint's URL by way of here. */
    url: string;
    cut: () => void;
    setDown: (down: boolean) => void;
  } & AsyncDisposable
> {
  const sockets = new Set<Socket>();
  const { port, protocol } = new URL(endpoint);
  let down = false;
  const server = net.createServer((inner) => {
    if (down) {
      inner.destroy();
      return;
    }
    const outer = net.connect(Number(port), '127.0.0.1');
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    setDown: (value) => {
      down = value;
      if (down) cut();
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
    },
  };
}
