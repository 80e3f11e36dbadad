import { contentYamlString } from '../../content/incrementer.generated.ts';
import { definePlugin } from '../../lib/plugin/index.ts';
import { addToParam, DEFAULT_COUNTER, machineUuid } from './counter.ts';

/** The example provider: counts in params of machines. */
export default definePlugin({
  name: 'incrementer',
  summary: 'Increments a parameter on a machine',
  content: contentYamlString,
  storeObjects: {
    cows: {},
    'typed-cows': {
      CanMilk: { type: 'boolean' },
      Location: { type: 'string' },
      Spotted: { type: 'boolean', isrequired: true },
    },
  },
  actions: ({ action }) => ({
    increment: action({
      model: 'machines',
      optionalParams: ['incrementer/step', 'incrementer/parameter'],
      run: async ({ model, params, api, signal }) => {
        const counters = api.params('machines', machineUuid(model));
        const name = params['incrementer/parameter'] ?? DEFAULT_COUNTER;
        const count = await addToParam(counters, name, params['incrementer/step'] ?? 1, signal);
        await addToParam(counters, 'incrementer/touched', 1, signal);
        return count;
      },
    }),
    reset_count: action({
      model: 'machines',
      requiredParams: ['incrementer/touched'],
      run: async ({ model, api, signal }) => {
        await api.params('machines', machineUuid(model)).remove('incrementer/touched', { signal });
        return 'Success';
      },
    }),
    incrstatus: action({ model: 'system', run: () => 'Running' }),
  }),
  unpack: ({ write }) => write('testFile', 'ImaFile'),
  core0: () => import('./commands.ts'),
  docker: () => import('./drivers.ts'),
});
