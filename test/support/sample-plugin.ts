import { ModelError } from '../../lib/models/index.ts';
import { action, definePlugin, run } from '../../lib/plugin/index.ts';

/** A provider that does on demand what handlers can do, good and bad. */
run(
  definePlugin({
    name: 'sample',
    summary: 'Does what tests ask for',
    hasPublish: true,
    onEvent: ({ event, log }) => {
      log.info(`event ${event.Type}.${event.Action}.${event.Key}`);
      if (event.Type === 'crash') throw new TypeError('crashed at an event');
      if (event.Type === 'refused') throw new ModelError(409, 'No such events, please', { type: 'plugin' });
    },
    config: async ({ params, plugin, log, signal }) => {
      log.info(`config of ${plugin}`);
      if (params.hold === true) await held(signal);
      log.info(`configured ${params.hold === true ? 'slowly' : 'at once'}`);
      if (params.refuse === true) {
        throw new ModelError(409, 'you asked for it', { model: 'plugin', key: 'sample', type: 'plugin' });
      }
      if (params.crash === true) throw new TypeError('crashed in config');
    },
    stop: ({ log }) => log.warn('own stop'),
    actions: {
      echo: action({
        model: 'machines',
        requiredParams: ['sample/needed'],
        optionalParams: ['sample/other'],
        run: ({ model, params, plugin, prefix, command }) => ({ model, params, plugin, prefix, command }),
      }),
      both: [
        action({ model: 'machines', run: () => 'a machine' }),
        action({ model: 'plugins', run: () => 'a plugin' }),
      ],
      nothing: action({ model: 'system', run: () => undefined }),
      endless: action({
        model: 'system',
        run: () => ({
          get self() {
            return this;
          },
        }),
      }),
      crash: action({
        model: 'system',
        run: () => {
          throw new RangeError('crashed in an action');
        },
      }),
      text: action({
        model: 'system',
        run: () => {
          throw 'only text';
        },
      }),
      code: action({
        model: 'system',
        run: () => {
          throw new ModelError(200, 'an error that says 200');
        },
      }),
      late: action({
        model: 'system',
        run: () => {
          setImmediate(() => {
            throw new Error('crashed after the answer');
          });
          void Promise.reject(new Error('rejected after the answer'));
          // It has no text.
          void Promise.reject(Object.create(null));
          return 'answered';
        },
      }),
      wait: action({
        model: 'system',
        run: ({ signal, log }) => {
          log.info('waiting');
          return new Promise((_resolve, reject) => {
            const keep = setInterval(() => {}, 1000);
            signal.addEventListener('abort', () => {
              clearInterval(keep);
              log.info('told to end');
              reject(signal.reason);
            });
          });
        },
      }),
      deaf: action({
        model: 'system',
        run: ({ log }) => {
          log.info('waiting');
          return new Promise(() => setInterval(() => {}, 1000));
        },
      }),
      unshowable: action({
        model: 'system',
        run: ({ log }) => {
          for (const thing of unshowable()) {
            // As authors who write JavaScript may.
            log.info(thing as string, thing);
            setImmediate(() => {
              throw thing;
            });
            void Promise.reject(thing);
          }
          throw unshowable()[0];
        },
      }),
      large: action({
        model: 'system',
        run: ({ log }) => {
          log.info('before');
          log.info('large', 'x'.repeat(9 * 1024 * 1024));
          return 'logged';
        },
      }),
      levels: action({
        model: 'system',
        run: ({ log }) => {
          const line = { some: ['data'] };
          log.trace('a trace');
          log.debug('a debug');
          log.info('an info', line);
          log.warn('a warn');
          log.error('an error');
          log.fatal('a fatal');
          log.panic('a panic');
          log.audit('an audit');
          log.noRepublish().info('quiet');
          log.with({ service: 'other', principal: 'someone' }).info('as another');
          log.fork().info('in another group');
          return null;
        },
      }),
      flood: action({
        model: 'system',
        run: ({ log }) => {
          for (let index = 0; index < 20_000; index += 1) log.info(`line ${index} ${'x'.repeat(1000)}`);
          return 'flooded';
        },
      }),
      publish: action({
        model: 'system',
        run: ({ publish }) => publish({ Type: 'sample', Action: 'made', Key: 'k', Object: { a: 1 } }),
      }),
      objects: action({ model: 'system', run: ({ objects }) => objects('cows') }),
      leave: action({ model: 'system', run: ({ leaving }) => leaving({ code: 403, messages: ['gone'] }) }),
    },
    routes: ({ method, path, query, body, plugin, refusedActions }) => {
      if (path === '/refused') return { body: refusedActions };
      if (path === '/bytes') {
        // As it may come from a server that it asks. Node.js throws for a trailer that it does not send.
        const headers = { 'x-own': 'yes', trailer: 'x-more', 'keep-alive': 'timeout=5', upgrade: 'h2c' };
        return { status: 202, headers, body: Buffer.from([0, 255]) };
      }
      return { body: { method, path, query: Object.fromEntries(query), body: body.toString(), plugin } };
    },
  }),
);

/** Until what waits is told to end. */
async function held(signal: AbortSignal): Promise<void> {
  const keep = setInterval(() => {}, 1000);
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve());
  await promise;
  clearInterval(keep);
}

/** Things that throw when anybody looks at them. */
function unshowable(): unknown[] {
  const refuse = () => {
    throw new Error('do not look');
  };
  const traps = Object.fromEntries(
    (['get', 'has', 'getPrototypeOf', 'ownKeys', 'getOwnPropertyDescriptor'] as const).map((trap) => [
      trap,
      refuse,
    ]),
  );
  return [
    Object.defineProperty(new Error('no stack'), 'stack', { get: refuse }),
    Object.defineProperty(new Error(), 'message', { get: refuse }),
    Object.defineProperty(new Error(), 'message', { value: { toString: refuse } }),
    new Proxy(new Error('behind a proxy'), traps),
    new Proxy({}, traps),
    { [Symbol.for('nodejs.util.inspect.custom')]: refuse, toJSON: refuse },
    undefined,
  ];
}
