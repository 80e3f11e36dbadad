import type { Client } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';

/** The relevant parts of Context: flags, environment, and output. */
interface Said {
  text(name: string): string;
  given(name: string): string | undefined;
  on(name: string): boolean;
  note(line: string): void;
}

/**
 * Pauses in ms before a request that did not reach the endpoint is repeated. Shorter than those of plugins, since a
 * user is waiting.
 */
const RETRY_DELAYS = [250, 500, 1000];

/**
 * A client for the endpoint in flags and environment; of several endpoints, the first that accepts the credentials.
 * With user and password it logs in immediately, so that wrong credentials are reported before the command runs. Throws
 * ModelError.
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

/** As in drpcli, RS_ENDPOINT takes precedence over RS_ENDPOINTS, a list separated by blanks. */
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
