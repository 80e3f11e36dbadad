import { ModelError } from '../../../lib/models/index.ts';
import { type Command, takes } from '../command.ts';
import { downloaded } from '../download.ts';

/** Types of debug data, and the default number of seconds to collect them; 0 for data of a single moment. */
const TYPES: Readonly<Record<string, number>> = {
  allocs: 0,
  block: 0,
  goroutine: 0,
  heap: 0,
  heapdump: 0,
  index: 0,
  mutex: 0,
  profile: 30,
  threadcreate: 0,
  trace: 1,
};

export const debug: Command = {
  use: 'debug [type] [target]',
  summary: 'Save what a dr-provision is doing inside, for those who develop it',
  details: `Types: profile (where the CPU's time goes), trace (what waits for what), heap, heapdump, allocs (memory), block, mutex,
goroutine, threadcreate (what is stuck), index (the indexes of objects). A development endpoint has none of them.`,
  examples: ['debug profile cpu.pprof --seconds 10'],
  flags: [
    { name: 'seconds', value: 'int', default: '0', about: 'How long to gather; for profile and trace' },
    { name: 'prefix', value: 'string', about: 'The only type of objects, for index' },
  ],
  check: takes([2]),
  async run(context) {
    const [type = '', target = ''] = context.args;
    const usual = TYPES[type];
    if (usual === undefined || !Object.hasOwn(TYPES, type)) {
      throw new ModelError(400, `Unknown debug type ${type}: expected ${Object.keys(TYPES).join(', ')}`);
    }
    const seconds = usual === 0 ? undefined : context.number('seconds') || usual;
    const path = type === 'index' ? ['drp_debug', type, context.text('prefix')] : ['debug', type];
    const endpoint = await context.endpoint();
    const during = seconds === undefined ? '' : ` for ${seconds} seconds`;
    context.note(`Gathering ${type} debug data${during} to ${target}`);
    await downloaded(endpoint, path.filter(Boolean), target, { seconds });
    context.note('Done');
  },
};
