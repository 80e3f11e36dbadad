import { fileURLToPath } from 'node:url';
import { versionOf } from '../../../lib/project/index.ts';
import type { Command } from '../command.ts';

/** Put in by the build. */
declare const DRP_PLUGINS_VERSION: string;

export const version: Command = {
  use: 'version',
  summary: 'Print the version of drpkit',
  offline: true,
  run: async (context) => {
    // From its sources it says what a build of them would say.
    const built = typeof DRP_PLUGINS_VERSION === 'string' ? DRP_PLUGINS_VERSION : undefined;
    await context.say(
      `Version: ${built ?? (await versionOf(fileURLToPath(new URL('../../..', import.meta.url))))}`,
    );
  },
};
