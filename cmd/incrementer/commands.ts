import { Client } from '../../lib/api/index.ts';
import { command, commands } from '../../lib/core0/index.ts';
import { addToParam, DEFAULT_COUNTER, machineUuid } from './counter.ts';

/**
 * Commands of a 0-core container plugin. The container's environment names the endpoint: RS_ENDPOINT, RS_KEY or
 * RS_TOKEN.
 */
export default commands({
  increment: command<{ machine: string; parameter?: string; step?: number }>({
    schema: {
      type: 'object',
      required: ['machine'],
      additionalProperties: false,
      properties: { machine: { type: 'string' }, parameter: { type: 'string' }, step: { type: 'integer' } },
    },
    run: ({ machine, parameter = DEFAULT_COUNTER, step = 1 }, { signal }) => {
      const counters = Client.fromEnvironment().params('machines', machineUuid({ Uuid: machine }));
      return addToParam(counters, parameter, step, signal);
    },
  }),
});
