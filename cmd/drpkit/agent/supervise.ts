import { isObject, ModelError, retryPause } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import { endingSignal } from '../ending.ts';
import { parseInput } from '../input.ts';
import { POWER_FLAGS } from './power.ts';

const CONFIGURATION = '/var/lib/drp-agent/agent-cfg.yml';
/** After running this long, an agent's end is not a repetition of earlier failures. */
const LONG_MS = 60_000;
const GRACE_MS = 30_000;

/** The configuration file of an agent. */
interface Configuration {
  Endpoints: string;
  Token: string;
  MachineID: string;
  Context: string;
  SkipRunnable: boolean;
}

export const agent: Command = {
  use: 'agent',
  summary: 'Run the agent of this machine, and again when it ends by a failure',
  details: `Runs machines processjobs as the configuration file says, in YAML: Endpoints (URLs, separated by spaces), Token, MachineID,
Context, SkipRunnable. It ends when it is told to, or when a task has ended the agent.

It installs no service: have one of the operating system's run it, for example a unit of systemd with
ExecStart=/usr/local/bin/drpkit agent.`,
  offline: true,
  flags: [
    ...POWER_FLAGS,
    { name: 'config', value: 'string', default: CONFIGURATION, about: 'The configuration file' },
    { name: 'state-dir', value: 'string', about: 'As with machines processjobs' },
  ],
  check: ([word], useLine) =>
    word === undefined
      ? undefined
      : `${useLine} takes no arguments: it installs no service, and so can neither ${word} nor ask one`,
  async run(context) {
    const ending = endingSignal();
    const [{ setTimeout: delay }, { ownProgram }] = await Promise.all([
      import('node:timers/promises'),
      import('./programs.ts'),
    ]);
    const configuration = await readConfiguration(context.text('config'));
    const program = await ownProgram();
    const passed = ['really-power', 'skip-power']
      .filter((flag) => context.on(flag))
      .map((flag) => `--${flag}`);
    const stateFolder = context.given('state-dir');
    const args = [
      'machines',
      'processjobs',
      configuration.MachineID,
      ...(configuration.SkipRunnable ? ['--skip-runnable'] : []),
      ...(stateFolder === undefined ? [] : ['--state-dir', stateFolder]),
      ...passed,
    ];
    for (let failures = 0; ; ) {
      const started = performance.now();
      const code = await runAgent(program, args, configuration, ending);
      if (ending.aborted || code === 0) return;
      failures = performance.now() - started > LONG_MS ? 0 : failures + 1;
      const pause = retryPause(failures) * 1000;
      context.note(`The agent ended with code ${code}. It is started again in ${Math.ceil(pause / 1000)} s.`);
      await delay(pause, undefined, { signal: ending }).catch(() => {});
      if (ending.aborted) return;
    }
  },
};

async function runAgent(
  program: string,
  args: readonly string[],
  { Endpoints, Token, Context }: Configuration,
  ending: AbortSignal,
): Promise<number | null> {
  const [{ spawn }, { once }] = await Promise.all([import('node:child_process'), import('node:events')]);
  // Passed by environment: everybody can read the command line.
  const { RS_ENDPOINT: _, RS_KEY: __, ...env } = process.env;
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env, RS_ENDPOINTS: Endpoints, RS_TOKEN: Token, RS_CONTEXT: Context },
  });
  const ended = once(child, 'exit');
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
  };
  ending.addEventListener('abort', stop, { once: true });
  if (ending.aborted) stop();
  try {
    const [code] = await ended;
    return code;
  } finally {
    ending.removeEventListener('abort', stop);
  }
}

/** Throws ModelError 400 that names the file and the field. */
async function readConfiguration(file: string): Promise<Configuration> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ModelError(400, `config: ${error instanceof Error ? error.message : error}`);
  });
  const value = await parseInput(text, file);
  if (!isObject(value)) throw new ModelError(400, `${file}: expected an object`);
  const read = (field: string, isNeeded: boolean): string => {
    const found = value[field] ?? '';
    if (typeof found === 'string' && (found !== '' || !isNeeded)) return found;
    throw new ModelError(400, `${file}: ${field}: expected text`);
  };
  return {
    Endpoints: read('Endpoints', true),
    Token: read('Token', true),
    MachineID: read('MachineID', true),
    Context: read('Context', false),
    SkipRunnable: value.SkipRunnable === true,
  };
}
