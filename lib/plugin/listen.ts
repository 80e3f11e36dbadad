import { isAbsolute } from 'node:path';
import { stackOf } from './call-site.ts';
import type { Plugin } from './define.ts';
import { EndpointSocket } from './endpoint-socket.ts';
import { thrownMessage } from './failure-text.ts';
import { releaseMemoryWhenIdle } from './idle-memory.ts';
import { PluginInstance } from './instance.ts';
import { LogQueue } from './log-queue.ts';
import { LogSource, lineText } from './logger.ts';
import { print, printError } from './output.ts';
import { Protocol } from './protocol.ts';
import { PluginServer } from './server.ts';

/** How long the last log lines may take to leave. */
const FLUSH_LIMIT_MS = 1_000;
/** How often it is looked whether the endpoint is still there. */
const WATCH_MS = 500;

/**
 * Runs a plugin between its two sockets until it is stopped: by `POST /stop`, SIGTERM or SIGINT, each ending the
 * process with code 0. Prints `READY!` when it serves; throws when it cannot.
 *
 * It ends as well when the process that started it is gone, an endpoint that was killed: the next endpoint starts a plugin
 * of its own, and two of them would do all that events ask for twice.
 */
export async function listen(
  plugin: Plugin,
  toPlugin: string,
  fromPlugin: string,
  debug: boolean,
): Promise<void> {
  const { Name } = plugin.definition;
  const endpoint = new EndpointSocket(socketPath(fromPlugin));
  const queue = new LogQueue(Name, endpoint.sendLines);
  const source = new LogSource((line) => {
    if (debug) printError(`${lineText(line)}\n`);
    queue.push(line);
  });
  const log = source.logger(Name);
  const instance = new PluginInstance(plugin, endpoint, log);
  const server = new PluginServer(socketPath(toPlugin), new Protocol(instance, log), {
    onStopped: () => void end(),
  });

  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ending ??= (async () => {
      await instance.stop(log);
      await queue.flush(FLUSH_LIMIT_MS);
      await server.close();
      endpoint.close();
      process.exit(0);
    })();
    return ending;
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  const starter = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === starter) return;
    clearInterval(watch);
    log.warn('The endpoint that started this plugin is gone: it ends');
    void end();
  }, WATCH_MS);
  // A handler may leave a promise or a timer behind that fails later. The other requests must not pay for it. It may have
  // been left by an event: as an event the line would make the next.
  const survive = (error: unknown): void => {
    log.noRepublish().error([`Uncaught: ${thrownMessage(error)}`, ...stackOf(error)].join('\n'));
  };
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
  process.on('warning', ({ name, message }) => log.warn(`${name}: ${message}`));

  await server.listen();
  print('READY!\n');
  releaseMemoryWhenIdle();
}

/** A path that Node.js takes for nothing but the path of a socket: one of digits alone would be a TCP port. */
function socketPath(path: string): string {
  if (path === '') throw new Error('listen: expected the path of a socket, found an empty one');
  return isAbsolute(path) ? path : `./${path}`;
}
