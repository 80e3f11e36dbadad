import type { Client } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';

/** What the command line and the environment say, and where to say something; see Context. */
interface Said {
  text(name: string): string;
  given(name: string): string | undefined;
  on(name: string): boolean;
  note(line: string): void;
}

/**
 * Waits before a request is made again that did not reach the endpoint, in milliseconds. Shorter than those of plugins:
 * somebody is waiting.
 */
const RETRY_DELAYS = [250, 500, 1000];

/**
 * A client for the endpoint that flags and environment name. With user and password it logs in at once, so that wrong ones
 * are told apart from what the command does. Throws ModelError.
 */
export async function connect(context: Said): Promise<Client> {
  const { Client, optionsFromEnvironment } = await import('../../lib/api/index.ts');
  const environment = optionsFromEnvironment(process.env);
  const optional = (name: string) => context.text(name) || undefined;
  const log = (message: string) => context.note(message);
  const client = new Client({
    ...environment,
    endpoint: context.text('endpoint'),
    token: optional('token'),
    user: context.given('username') ?? environment.user ?? context.text('username'),
    password: context.given('password') ?? environment.password ?? context.text('password'),
    urlProxy: optional('url-proxy'),
    trace: optional('trace'),
    traceToken: optional('trace-token'),
    retryDelays: RETRY_DELAYS,
    log: { debug: context.on('debug') ? log : () => {}, warn: log },
  });
  if (optional('token') !== undefined) return client;
  try {
    await client.info();
    return client;
  } catch (error) {
    client.close();
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `Error creating Session: ${error.message}`, { cause: error });
  }
}
