import { isAbsolute } from 'node:path';
import { stackOf } from './call-site.ts';
import type { Plugin } from './define.ts';
import { EndpointSocket } from './endpoint-socket.ts';
import { thrownMessage } from './failure-text.ts';
import { collectGarbageInTime } from './garbage.ts';
import { PluginInstance } from './instance.ts';
import { LogQueue } from './log-queue.ts';
import { LogSource, lineText } from './logger.ts';
import { print, printError } from './output.ts';
import { Protocol } from './protocol.ts';
import { PluginServer } from './server.ts';

/** How long the last log lines may take to be sent. */
const FLUSH_LIMIT_MS = 1_000;
/** How often the parent process is checked. */
const WATCH_MS = 500;

/**
 * Serves a plugin on its two sockets until `POST /stop`, SIGTERM or SIGINT; each ends the process with code 0. Prints
 * `READY!` when it serves. Throws when it cannot listen.
 *
 * Also ends when the process that started it is gone (an endpoint that was killed): the next endpoint starts its own
 * plugins, and two of them would handle each event twice.
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
    log.warn('The endpoint that started this plugin has ended: the plugin ends too');
    void end();
  }, WATCH_MS);
  // A promise or timer that a handler left behind may fail later. That must not end the process with all other
  // requests. The line makes no event, since an event may have caused it.
  const survive = (error: unknown): void => {
    log.noRepublish().error([`Uncaught: ${thrownMessage(error)}`, ...stackOf(error)].join('\n'));
  };
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
  process.on('warning', ({ name, message }) => log.warn(`${name}: ${message}`));

  await server.listen();
  print('READY!\n');
  collectGarbageInTime();
}

/** The path in a form that Node.js cannot take for a TCP port, as it does with digits alone. */
function socketPath(path: string): string {
  if (path === '') throw new Error('listen: expected the path of a socket, found an empty one');
  return isAbsolute(path) ? path : `./${path}`;
}
