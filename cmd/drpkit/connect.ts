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
 * A client for the endpoint that flags and environment name; of several, the first that takes the credentials. With user and
 * password it logs in at once, so that wrong ones are told apart from what the command does. Throws ModelError.
 */
export async function connect(context: Said): Promise<Client> {
  const endpoints = endpointsOf(context);
  const problems: ModelError[] = [];
  for (const endpoint of endpoints) {
    const client = await clientFor(context, endpoint);
    if (context.text('token') !== '' && endpoints.length === 1) return client;
    try {
      await client.info();
      return client;
    } catch (error) {
      client.close();
      if (!(error instanceof ModelError)) throw error;
      problems.push(error);
    }
  }
  const [cause] = problems;
  const problem = problems.map(({ message }) => message).join('; ');
  throw new ModelError(cause?.code ?? 503, `Error creating Session: ${problem}`, { cause });
}

/** As with drpcli, RS_ENDPOINT counts before RS_ENDPOINTS, which has several with spaces between. */
function endpointsOf(context: Said): string[] {
  const several = process.env.RS_ENDPOINTS?.split(' ').filter(Boolean) ?? [];
  const isNamed = context.given('endpoint') !== undefined || Boolean(process.env.RS_ENDPOINT);
  return isNamed || several.length === 0 ? [context.text('endpoint')] : several;
}

async function clientFor(context: Said, endpoint: string): Promise<Client> {
  const { Client, optionsFromEnvironment } = await import('../../lib/api/index.ts');
  const environment = optionsFromEnvironment(process.env);
  const optional = (name: string) => context.text(name) || undefined;
  const log = (message: string) => context.note(message);
  return new Client({
    ...environment,
    endpoint,
    token: optional('token'),
    user: context.given('username') ?? environment.user ?? context.text('username'),
    password: context.given('password') ?? environment.password ?? context.text('password'),
    urlProxy: optional('url-proxy'),
    trace: optional('trace'),
    traceToken: optional('trace-token'),
    retryDelays: RETRY_DELAYS,
    log: { debug: context.on('debug') ? log : () => {}, warn: log },
  });
}
