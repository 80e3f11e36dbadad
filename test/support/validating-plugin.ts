import { ModelError } from '../../lib/models/index.ts';
import { definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider that asks the endpoint what it should declare. */
run(
  definePlugin({
    name: 'validating',
    summary: 'Looks before it declares',
    validate: async ({ api, definition, log }) => {
      log.info(`asking ${api.endpoint}`);
      process.emitWarning('Careful');
      if (process.env.REFUSE !== undefined)
        throw new ModelError(400, 'not on this endpoint', { type: 'plugin' });
      const Version = process.env.VERSION ?? definition.Version;
      return { ...definition, Version, Documentation: `for ${api.endpoint}` };
    },
  }),
);
