import { command, commands, run } from '../../lib/core0/index.ts';

/** A container plugin with a command for each way in which a handler can end. */
run(
  commands({
    version: () => '1.0alpha',
    echo: (input) => input,
    nothing: () => undefined,
    fail: () => {
      throw new Error('no such bridge: "br0"');
    },
    boom: () => {
      throw 'oops';
    },
    unwritable: () => ({ deep: [1, { size: 10n }] }),
    order: () => ({ b: 1, a: '<&>\u2028', é: 2, Z: [undefined, null], gone: undefined }),
    noisy: () => {
      console.log('20:::"not the result"\n\n:::');
      process.stdout.write('2001::1 is up\n');
      return 'quiet';
    },
    later: () => {
      setTimeout(() => {
        throw new Error('too late');
      });
      return new Promise(() => {});
    },
    hostile: () => {
      throw new Proxy(new Error('x'), {
        get() {
          throw new Error('trap');
        },
      });
    },
    large: (input) => 'x'.repeat(Number(input)),
    slow: command({
      limitMs: 50,
      run: (_, { signal }) => new Promise((done) => signal.addEventListener('abort', () => done('aborted'))),
    }),
    wait: (_, { signal }) =>
      new Promise((_done, failed) => {
        process.stderr.write('waiting\n');
        signal.addEventListener('abort', () => failed(signal.reason));
      }),
    add: command<{ a: number; b?: number }>({
      schema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a'],
        additionalProperties: false,
      },
      run: ({ a, b = 1 }) => a + b,
    }),
  }),
);
