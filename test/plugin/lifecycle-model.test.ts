import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndpointSocket } from '../../lib/plugin/endpoint-socket.ts';
import { action, definePlugin } from '../../lib/plugin/index.ts';
import { PluginInstance } from '../../lib/plugin/instance.ts';
import { LogSource } from '../../lib/plugin/logger.ts';
import { Protocol } from '../../lib/plugin/protocol.ts';
import { fc, parameters } from '../support/properties.ts';

type Kind = 'config' | 'action' | 'publish' | 'stop';

/** What a handler does, once it is let on: end well, fail, or wait on until its signal is aborted. */
type Manner = 'ends' | 'fails' | 'waits';

interface Call {
  kind: Kind;
  manner: Manner;
}

const calls: fc.Arbitrary<Call> = fc.record({
  kind: fc.constantFrom<Kind>('config', 'config', 'action', 'action', 'publish', 'stop'),
  manner: fc.constantFrom<Manner>('ends', 'ends', 'fails', 'waits'),
});

/** A plugin whose handlers go on when the scheduler says so, and what became of them. */
async function scheduled(scheduler: fc.Scheduler) {
  const seen = { configured: -1, stops: 0, afterStop: 0 };
  const work = async (call: string, manner: unknown, signal: AbortSignal): Promise<void> => {
    if (seen.stops > 0) seen.afterStop += 1;
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    await Promise.race([scheduler.schedule(Promise.resolve(), call), aborted]);
    if (manner === 'fails') throw new TypeError('failed on purpose');
    if (manner === 'waits') await aborted;
  };
  const plugin = await definePlugin({
    name: 'model',
    summary: 'Does what a property says',
    hasPublish: true,
    optionalParams: [],
    async config({ params, signal }) {
      await work('config', params.manner, signal);
      seen.configured = Number(params.number);
    },
    async onEvent({ event, signal }) {
      await work('event', event.Key, signal);
    },
    stop() {
      seen.stops += 1;
    },
    actions: {
      work: action({
        model: 'machines',
        run: ({ model, signal }) => work('action', model.Name, signal),
      }),
    },
  });
  const log = new LogSource(() => {}).logger('model');
  return {
    seen,
    protocol: new Protocol(new PluginInstance(plugin, new EndpointSocket('/nowhere'), log), log),
  };
}

function send(protocol: Protocol, { kind, manner }: Call, number: number) {
  const body = {
    config: { Name: `n${number}`, number, manner },
    action: { Command: 'work', CommandSet: 'machines', Model: { Name: manner }, Params: {} },
    publish: { Type: 't', Action: 'a', Key: manner },
    stop: null,
  }[kind];
  return protocol.answer({
    method: 'POST',
    url: `/api-plugin/v4/${kind}`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  });
}

/** The statuses that a call may have by what it does, whatever else happens. */
const ALLOWED: Readonly<Record<Kind, readonly number[]>> = {
  config: [200, 409, 500, 503],
  action: [200, 500, 503],
  publish: [200, 500, 503],
  stop: [200],
};

test('config, actions, events and stop in any order: each is answered, the last config counts, nothing begins after the stop', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(calls, { minLength: 1, maxLength: 12 }),
      fc.scheduler(),
      async (list, scheduler) => {
        const { seen, protocol } = await scheduled(scheduler);
        const answers = list.map((call, number) => send(protocol, call, number));
        // What waits for its signal ends with this one.
        const last = list.some(({ kind }) => kind === 'stop')
          ? []
          : [
              scheduler
                .schedule(Promise.resolve())
                .then(() => send(protocol, { kind: 'stop', manner: 'ends' }, -1)),
            ];
        const all = await scheduler.waitFor(Promise.all([...answers, ...last]));
        for (const [number, { kind, manner }] of list.entries()) {
          const status = all[number]?.status ?? 0;
          assert.ok(ALLOWED[kind].includes(status), `${kind} ${manner}: ${status}`);
          if (manner === 'waits' && kind !== 'stop') assert.notEqual(status, 200);
        }
        assert.deepEqual([seen.stops, seen.afterStop], [1, 0]);
        const good = list.flatMap(({ kind }, number) =>
          kind === 'config' && all[number]?.status === 200 ? [number] : [],
        );
        if (good.length > 0) assert.equal(seen.configured, good.at(-1));
      },
    ),
    parameters(),
  );
});
