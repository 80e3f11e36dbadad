import type { Command } from '../command.ts';

/** Set by the build. */
declare const DRP_PLUGINS_VERSION: string;

export const version: Command = {
  use: 'version',
  summary: 'Print the version of drpkit',
  offline: true,
  run: async (context) => {
    const built = typeof DRP_PLUGINS_VERSION === 'string' ? DRP_PLUGINS_VERSION : undefined;
    await context.say(`Version: ${built ?? (await sourcesVersion())}`);
  },
};

/** The version that a build of the sources would have. */
async function sourcesVersion(): Promise<string> {
  const [{ versionOf }, { findKit }] = await Promise.all([
    import('../../../lib/project/index.ts'),
    import('../new/project.ts'),
  ]);
  return versionOf(await findKit(''));
}
