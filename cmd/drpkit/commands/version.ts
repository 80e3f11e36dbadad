import type { Command } from '../command.ts';

/** Put in by the build. */
declare const DRP_PLUGINS_VERSION: string;

export const version: Command = {
  use: 'version',
  summary: 'Print the version of drpkit',
  offline: true,
  run: (context) => {
    return context.say(
      `Version: ${typeof DRP_PLUGINS_VERSION === 'string' ? DRP_PLUGINS_VERSION : 'v0.0.0'}`,
    );
  },
};
