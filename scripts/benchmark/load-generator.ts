/**
 * A process that calls plugins and serves their outbound sockets, so that neither the benchmark nor an HTTP client
 * limits the result. Its parent sends commands one at a time.
 */
import { connect, type Socket } from 'node:net';
import { LogSink } from '../measuring/log-sink.ts';
import { quantile } from '../measuring/statistics.ts';

export type LoadCommand =
  | { do: 'sink'; path: string }
  /** Keeps a number of connections busy, for a number of calls or a duration. */
  | { do: 'load'; path: string; connections: number; calls: number; seconds: number };

/** Times in microseconds. */
export interface LoadResult {
  calls: number;
  seconds: number;
  p50: number;
  p99: number;
  /** Answers other than 200, and broken connections. */
  failures: number;
  /** Requests on the sockets that this process serves. */
  logLines: number;
}

const BODY = '{"Command":"incrstatus"}';
const REQUEST = `POST /api-plugin/v4/action HTTP/1.1\r\nHost: unix\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

const sinks: LogSink[] = [];

process.on('message', async (command: LoadCommand) => {
  if (command.do === 'sink') {
    sinks.push(await LogSink.open(command.path));
    process.send?.({});
  } else process.send?.(await load(command));
});
process.on('disconnect', () => process.exit());

async function load({
  path,
  connections,
  calls,
  seconds,
}: Extract<LoadCommand, { do: 'load' }>): Promise<LoadResult> {
  const logged = () => sinks.reduce((sum, { requests }) => sum + requests, 0);
  const linesBefore = logged();
  const latencies: number[] = [];
  let failures = 0;
  let sent = 0;
  const begun = performance.now();
  const end = begun + seconds * 1000;

  await Promise.all(Array.from({ length: connections }, () => keepBusy(connect(path))));
  const elapsed = (performance.now() - begun) / 1000;
  return {
    calls: latencies.length,
    seconds: elapsed,
    p50: quantile(latencies, 0.5) * 1000,
    p99: quantile(latencies, 0.99) * 1000,
    failures,
    logLines: logged() - linesBefore,
  };

  function keepBusy(socket: Socket): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let rest = '';
    let asked = 0;
    const ask = () => {
      asked = performance.now();
      if (sent >= calls || asked >= end) {
        socket.end();
        resolve();
        return;
      }
      sent += 1;
      socket.write(REQUEST);
    };
    socket.on('connect', ask);
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      const length = answerLength(rest);
      if (length === 0) return;
      latencies.push(performance.now() - asked);
      if (!rest.startsWith('HTTP/1.1 200 ')) failures += 1;
      rest = rest.slice(length);
      ask();
    });
    socket.on('error', () => {
      failures += 1;
    });
    socket.on('close', () => resolve());
    return promise;
  }
}

/** Length of the answer at the start of `text`; 0 when it is incomplete. */
function answerLength(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return 0;
  const length = headEnd + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
  return text.length < length ? 0 : length;
}
