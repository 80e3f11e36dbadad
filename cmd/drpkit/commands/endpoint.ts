import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { aborted, endingSignal } from '../ending.ts';
import { logText } from './log-text.ts';

const MAX_PORT = 65_535;

export const endpoint: Command = {
  use: 'endpoint --root [dir]',
  summary: 'Run a development endpoint',
  details: `It speaks the API of dr-provision v4, and runs the providers in DIR/plugins; its files are in DIR/tftpboot. What it
is told is kept in DIR/endpoint.db. At its first start it prints the password of its user, once.

Machines have workflows, and agents run their tasks: see machines processjobs, and run, which has an endpoint of its own.
Templates of tasks are rendered for the agent, those of stages and boot environments are files of the file server.
It stores and checks what belongs to DHCP, TFTP and network boot (subnets, reservations, isos) and to several endpoints
(pools, endpoints, version sets, catalog items), and does nothing with it. Every user may do everything; tokens can be
limited, and those of machines are.

As with dr-provision, a provider is loaded when the packs that it requires are there. packet-ipmi and virtualbox-ipmi require
drp-community-content: upload it, or try them with --community-content, which has its stages discover and sledgehammer-wait
without what they do.`,
  examples: ['endpoint --root dev'],
  offline: true,
  flags: [
    { name: 'root', value: 'string', about: 'Folder of the endpoint; made when it is not there' },
    { name: 'port', value: 'int', default: '8092', about: 'Port of the API; 0 for any' },
    { name: 'static-port', value: 'int', default: '8091', about: 'Port of the file server; 0 for any' },
    { name: 'community-content', about: 'Load a stand-in for the pack drp-community-content' },
    { name: 'host', value: 'string', default: '127.0.0.1', about: 'Address to listen on' },
  ],
  check: (args, useLine) => (args.length > 0 ? `${useLine} takes no arguments` : undefined),
  async run(context) {
    const root = context.text('root');
    if (root === '') throw new ModelError(400, 'root: needed, the folder of the endpoint (--root DIR)');
    const ports = { port: portOf(context, 'port'), staticPort: portOf(context, 'static-port') };
    const ending = endingSignal();
    const { startEndpoint } = await import('../../../lib/endpoint/index.ts');
    const running = await startEndpoint({
      root,
      ...ports,
      host: context.text('host'),
      packs: await packs(context),
      onLog: (line) => context.note(logText(line)),
    }).catch((error: unknown) => {
      throw startProblem(error);
    });
    await context.say(`The endpoint serves ${running.url}, and files at ${running.fileServerUrl}`);
    await context.say(`The inspector, a page to look at it: ${running.url}/ui/`);
    await context.say(`User: ${running.user}`);
    await context.say(
      running.password === undefined
        ? 'Password: as shown at the first start; without it, delete endpoint.db and start anew'
        : `Password: ${running.password} (shown only now)`,
    );
    await context.say('Ctrl-C ends it.');
    await aborted(ending);
    await running.close();
  },
};

async function packs(context: Context) {
  if (!context.on('community-content')) return [];
  const { COMMUNITY_CONTENT } = await import('../demo/community-content.ts');
  return [COMMUNITY_CONTENT];
}

export function portOf(context: Context, flag: string): number {
  const port = context.number(flag);
  if (port >= 0 && port <= MAX_PORT) return port;
  throw new ModelError(400, `${flag}: expected a port from 0 to ${MAX_PORT}, found ${port}`);
}

/**
 * The system's message, without a stack, when the endpoint cannot start: a port in use, a folder that is not writable.
 */
export function startProblem(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    const { port } = error as { port?: number };
    const message = `Port ${port} is in use: choose others with --port and --static-port, 0 for any`;
    return new ModelError(409, message, { cause: error });
  }
  return new ModelError(400, `Cannot start the endpoint: ${error.message}`, { cause: error });
}
