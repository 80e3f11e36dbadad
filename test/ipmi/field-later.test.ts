import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LATER } from '../../lib/redfish/later.ts';
import { failureOf, growingLimit } from '../support/growing-limit.ts';
import { RedfishService, type Traits } from '../support/redfish-service/index.ts';
import { type Actor, redfishActor, redfishMode, withPatience, withRedfish } from './redfish-actor.ts';

/** Answers GETs of the system with `reply` so many times. */
function answersSystem(
  service: RedfishService,
  times: number,
  reply: { status: number; body?: unknown },
): void {
  let left = times;
  service.fault = ({ method, uri }) => {
    if (method !== 'GET' || !uri.endsWith('/System.1') || left === 0) return undefined;
    left -= 1;
    return reply;
  };
}

function error(MessageId: string, Message = '', Resolution = ''): object {
  return { error: { code: 'x', '@Message.ExtendedInfo': [{ MessageId, Message, Resolution }] } };
}

describe('"not ready" is not "no"', { concurrency: 4 }, () => {
  for (const afterReset of [
    'SYS518',
    'cut',
    'null state',
    'no state',
    'empty body',
    'internal error',
  ] satisfies Traits['afterReset'][]) {
    test(`a change of the power is waited for although the system answers with ${afterReset} at first`, async () => {
      const systems = [{ transition: 'until read' }] as const;
      await withPatience({ systems, traits: { afterReset, times: 4 } }, async (act, { system }) => {
        assert.equal(await act('poweron'), 'On');
        assert.equal(await act('powercycle'), 'On');
        assert.equal(await act('poweroff'), 'Off');
        assert.deepEqual(system.resets, ['ForceOn', 'PowerCycle', 'ForceOff']);
      });
    });
  }

  test('a session that is dropped with the reset is opened once more, though the BMC refuses it at first', async () => {
    await withPatience({ traits: { dropsSessions: true } }, async (act, { sessions }) => {
      assert.equal(await act('poweron'), 'On');
      assert.equal(sessions.opened, 2);
    });
    const traits = { dropsSessions: true, afterReset: 'refused login', times: 2 } as const;
    await withPatience({ traits, systems: [{ transition: 'until read' }] }, async (act) => {
      assert.equal(await act('poweron'), 'On');
    });
  });

  test('a session that is dropped in a list is opened once for all who read it', async () => {
    await withPatience({}, async (act, service) => {
      let dropped = false;
      service.fault = ({ uri }) => {
        if (uri.endsWith('/DIMM2') && !dropped) {
          dropped = true;
          service.sessions.forget();
        }
        return undefined;
      };
      assert.equal(((await act('getMemory')) as unknown[]).length, 6);
      assert.equal(service.sessions.opened, 2);
    });
  });

  test('a state that is null is not told as one, unless it stays so', async () => {
    const traits = { afterReset: 'null state', when: 'always', times: 3 } as const;
    await withPatience({ systems: [{ power: 'On' }], traits }, async (act) => {
      assert.equal(await act('powerstatus'), 'On');
    });
    await withPatience({ systems: [{ power: 'On' }], traits: { ...traits, times: 1e6 } }, async (act) => {
      assert.equal(await act('powerstatus'), 'Unknown');
    });
  });

  test('an account that is refused again and again is not asked for without end', async () => {
    const traits = { dropsSessions: true, afterReset: 'refused login', times: 100 } as const;
    await using service = await RedfishService.start({ traits, systems: [{ stuck: true }] });
    await assert.rejects(redfishActor(service)('poweron', { 'ipmi/wait-for-power': 1 }), {
      code: 504,
      message: /cannot be read 1 s after ForceOn\n.*refuses the user name or password/,
    });
    const logins = service.requests.filter(
      ({ method, uri }) => method === 'POST' && uri.endsWith('/Sessions'),
    );
    // The first, and as many again as its patience allows for.
    assert.ok(logins.length > 1 && logins.length <= 4, `${logins.length} logins`);
  });

  test('a system in POST takes boot options later', async () => {
    await withPatience({ traits: { inPost: 3 } }, async (act, { system }) => {
      assert.equal(await act('nextbootpxe'), 'Success');
      assert.equal(system.boot.BootSourceOverrideTarget, 'Pxe');
    });
  });

  for (const [what, status, body] of [
    ['Dell, data sources', 503, error('IDRAC.2.8.SYS518')],
    ['Dell, not ready, as a bad request', 400, error('IDRAC.1.6.SWC0700', 'iDRAC is not ready.')],
    ['Dell, internal error', 500, error('IDRAC.2.8.SYS446')],
    ['HPE, as a success', 200, error('iLO.2.30.ResourceNotReadyRetry')],
    ['HPE, as a bad request', 400, error('iLO.2.14.ResourceNotReadyRetry')],
    ['DMTF', 503, error('Base.1.12.ServiceTemporarilyUnavailable')],
    ['DMTF, shutting down', 400, error('Base.1.12.ServiceShuttingDown')],
    ['an unknown registry', 400, error('Ami.1.0.0.BmcNotReady')],
    ['words', 400, error('', 'The BMC is busy.')],
    ['words in the advice', 400, error('X.1.0.Failed', 'Failed.', 'Retry the operation after 2 minutes.')],
    ['a web server before what is behind it', 502, '<html>Bad Gateway</html>'],
    ['too many requests', 429, undefined],
    ['nothing at all', 200, undefined],
    ['a page', 200, '<html>starting</html>'],
  ] as const) {
    test(`later, as it is said: ${what}`, async () => {
      await withPatience({ systems: [{ power: 'On' }] }, async (act, service) => {
        answersSystem(service, 2, { status, body });
        assert.equal(await act('powerstatus'), 'On');
      });
    });
  }

  test('a refusal that means no is told at once', async () => {
    for (const body of [
      error('Base.1.8.PropertyUnknown', 'No such property.', 'Remove the property and resubmit the request.'),
      error('Base.1.8.InsufficientPrivilege', 'You may not.'),
    ]) {
      await withPatience({}, async (act, service) => {
        answersSystem(service, 100, { status: 400, body });
        await assert.rejects(act('powerstatus'), { code: 502 });
        assert.equal(service.requests.filter(({ uri }) => uri.endsWith('/System.1')).length, 1);
      });
    }
  });

  test('a collection of systems that is empty while the BMC starts is looked at again', async () => {
    await withPatience({}, async (act, service) => {
      let left = 3;
      service.fault = ({ uri }) =>
        uri.endsWith('/Systems') && left-- > 0 ? { status: 200, body: { Members: [] } } : undefined;
      assert.equal(await act('powerstatus'), 'Off');
    });
  });

  test('the error at the end says what the BMC said last, and for how long it was tried', async () => {
    await withPatience({}, async (act, service) => {
      answersSystem(service, 100_000, { status: 503, body: error('IDRAC.2.8.SYS518', 'No data.') });
      await growingLimit(1, async (seconds) => {
        const { message } = await failureOf(act('powerstatus', { 'ipmi/retry-time': seconds }));
        assert.match(message, /System\.1: 503 .*\n +No data\./);
        return /\n +it was tried again for \d+(\.\d)? s \(ipmi\/retry-time\)$/.exec(message) ?? undefined;
      });
      await assert.rejects(act('powerstatus', { 'ipmi/retry-time': 0 }), {
        code: 503,
        message: /No data\.$/,
      });
    });
  });

  test('an abort ends it at once', async () => {
    await withPatience({}, async (act, service) => {
      const abort = new AbortController();
      answersSystem(service, 100_000, { status: 503 });
      const cancelled = act('powerstatus', { 'ipmi/retry-time': 3600 }, abort.signal);
      setTimeout(() => abort.abort(), 50);
      await assert.rejects(cancelled, { code: 503, message: /the call was cancelled/ });
    });
  });

  test('the service root and the login are waited for, too', async () => {
    await withPatience({}, async (act, service) => {
      let left = 3;
      service.fault = ({ uri }) => (uri === '/redfish/v1/' && left-- > 0 ? { status: 503 } : undefined);
      assert.equal(await act('powerstatus'), 'Off');
    });
    for (const status of [500, 502, 503]) {
      await withPatience({ traits: { loginLater: { status, times: 3 } } }, async (act, { requests }) => {
        assert.equal(await act('powerstatus'), 'Off');
        assert.ok(requests.every(({ headers }) => headers.authorization === undefined));
      });
    }
    await growingLimit(200, async (retryMs) => {
      let tried: boolean | undefined;
      const traits = { loginLater: { status: 503, times: 1e6 } };
      const refused = async (act: Actor, { requests }: RedfishService) => {
        const { message } = await failureOf(act('powerstatus'));
        assert.match(message, /Sessions: 503 /);
        assert.ok(requests.every(({ headers }) => headers.authorization === undefined));
        tried = /\n.*tried again for/.test(message) || undefined;
      };
      await withRedfish({ traits }, refused, { retryMs });
      return tried;
    });
  });

  test('an order whose answer was lost is not given twice when it was carried out', async () => {
    for (const done of [true, false]) {
      await withPatience({ traits: { losesResets: { done, times: 1 } } }, async (act, { system }) => {
        assert.equal(await act('poweron'), 'On');
        assert.deepEqual(system.resets, ['ForceOn']);
      });
    }
    await withPatience(
      { systems: [{ power: 'On' }], traits: { losesResets: { done: false, times: 1 } } },
      async (act, { system }) => {
        await assert.rejects(act('powercycle'), {
          code: 502,
          message: /may have been restarted or not; it is On/,
        });
        assert.deepEqual(system.resets, []);
      },
    );
  });

  test('each row of the table has a source', () => {
    for (const { source } of LATER) assert.ok(source.length > 5);
  });
});

describe('reset types that are listed and refused', { concurrency: 4 }, () => {
  for (const [refused, types] of [
    [['PowerCycle'], ['ForceRestart']],
    [
      ['PowerCycle', 'ForceRestart'],
      ['ForceOff', 'ForceOn'],
    ],
  ] as const) {
    test(`a cycle without ${refused.join(' and ')}`, async () => {
      const traits = { refusesResets: refused };
      await withPatience({ systems: [{ power: 'On' }], traits }, async (act, { system }) => {
        assert.equal(await act('powercycle'), 'On');
        assert.deepEqual(system.resets, types);
      });
    });
  }

  test('on and off take the next type; what refuses all says so', async () => {
    await withPatience({ traits: { refusesResets: ['ForceOn', 'ForceOff'] } }, async (act, { system }) => {
      assert.equal(await act('poweron'), 'On');
      assert.equal(await act('poweroff'), 'Off');
      assert.deepEqual(system.resets, ['On', 'GracefulShutdown']);
    });
    const all = ['ForceOff', 'Off', 'GracefulShutdown', 'PushPowerButton'];
    await withPatience(
      { systems: [{ power: 'On' }], traits: { refusesResets: all } },
      async (act, { system }) => {
        await assert.rejects(act('poweroff'), { code: 502, message: /cannot switch .* off, it is On\n/ });
        assert.deepEqual(system.resets, [], 'what is to be off is not restarted');
      },
    );
  });

  test('a driver of its own limits serves them', async () => {
    await using service = await RedfishService.start({ traits: { afterReset: 'SYS518', times: 1e6 } });
    const act = redfishActor(service, redfishMode({ retryMs: 50 }));
    await assert.rejects(act('poweron', { 'ipmi/wait-for-power': 1 }), {
      code: 504,
      message: /cannot be read 1 s after ForceOn\n.*503/,
    });
    assert.equal(await act('poweron', { 'ipmi/wait-for-power': 1 }).catch(({ code }) => code), 503);
  });
});
