import { ModelError } from '../../../lib/models/index.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { aborted, endingSignal, INTERRUPTED } from '../ending.ts';

export const demo: Command = {
  use: 'demo',
  summary: 'Show the providers at work at a development endpoint, and leave it running',
  details: `Starts a development endpoint in a temporary folder with the executables ipmi and incrementer, and a simulated BMC
(ipmi_sim), and does with them what an operator would do. Then says what to try, and runs until Ctrl-C.
The exit code is 1 when any result is not as it should be.`,
  offline: true,
  flags: [
    {
      name: 'plugins',
      value: 'string',
      about: 'Folder with the executables; that of drpkit itself unless given',
    },
    { name: 'once', about: 'End after the results' },
  ],
  async run(context) {
    const ending = endingSignal();
    const folder = await pluginsFolder(context);
    const { openStage } = await import('./stage.ts');
    const { Steps } = await import('./steps.ts');
    const { perform } = await import('./performance.ts');
    const { invitation } = await import('./invitation.ts');
    const log = context.on('debug') ? (line: string) => context.note(line) : undefined;
    try {
      await using stage = await openStage(folder, { log, say: (line) => context.say(line) });
      const steps = new Steps((line) => context.say(line), ending);
      await perform(stage, steps, ending);
      await context.say(steps.summary());
      if (steps.failed) process.exitCode = 1;
      if (context.on('once')) return;
      await context.say(invitation(stage));
      await aborted(ending);
    } catch (error) {
      if (!ending.aborted) throw error;
      process.exitCode = INTERRUPTED;
    }
  },
};

async function pluginsFolder(context: Context): Promise<string> {
  const given = context.given('plugins');
  if (given !== undefined) return given;
  const [{ isSea }, { dirname }] = await Promise.all([import('node:sea'), import('node:path')]);
  if (isSea()) return dirname(process.execPath);
  throw new ModelError(400, 'plugins: needed, the folder with the executables (--plugins DIR)');
}
