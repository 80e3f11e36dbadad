import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf, growingLimit } from '../support/growing-limit.ts';
import { type Received, RedfishService } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';
import { redfishActor, redfishMode, withRedfish } from './redfish-actor.ts';

const SESSIONS = '/redfish/v1/SessionService/Sessions';

function isLogin({ method, uri }: Received): boolean {
  return method === 'POST' && uri === SESSIONS;
}

describe('sessions of redfish', { concurrency: 4 }, () => {
  test('an action has one session of its own, which is closed at its end', async () => {
    await withRedfish({}, async (act, { requests, sessions }) => {
      await act('getBios');
      assert.equal(sessions.opened, 1);
      assert.equal(sessions.open, 0);
      const last = requests.at(-1);
      assert.deepEqual([last?.method, last?.uri], ['DELETE', `${SESSIONS}/1`]);
      assert.ok(requests.every(({ headers }) => headers.authorization === undefined));
    });
  });

  test('it is closed when the action fails, and when it is cancelled', async () => {
    await withRedfish({ systems: [{ without: ['Bios'] }] }, async (act, service) => {
      await assert.rejects(act('getBios'), { code: 501 });
      assert.equal(service.sessions.open, 0);
      const abort = new AbortController();
      service.fault = ({ uri }) => (uri.endsWith('/Memory') ? 'hang' : undefined);
      const cancelled = act('getMemory', {}, abort.signal);
      await until(() => service.requests.some(({ uri }) => uri.endsWith('/Memory')), 'the request');
      assert.equal(service.sessions.open, 1);
      abort.abort();
      await assert.rejects(cancelled, { code: 503, message: /the call was cancelled/ });
      assert.equal(service.sessions.open, 0);
      assert.equal(service.sessions.opened, 2);
    });
  });

  test('it is closed when the action is cancelled while it logs in', async () => {
    await withRedfish({ delayMs: 100 }, async (act, service) => {
      const abort = new AbortController();
      const cancelled = act('getMemory', {}, abort.signal);
      await until(() => service.requests.some(isLogin), 'the login');
      abort.abort();
      await assert.rejects(cancelled, { code: 503 });
      assert.equal(service.sessions.opened, 1);
      await until(() => service.sessions.open === 0, 'the session to be closed');
      assert.ok(!service.requests.some(({ uri }) => uri.endsWith('/Systems')));
    });
  });

  test('the plugin’s own reason to stop is the error of what it cancels', async () => {
    await withRedfish({}, async (act) => {
      const abort = new AbortController();
      const { ModelError } = await import('../../lib/models/index.ts');
      abort.abort(new ModelError(503, 'Plugin ipmi is stopping'));
      await assert.rejects(act('getMemory', {}, abort.signal), { messages: ['Plugin ipmi is stopping'] });
    });
  });

  test('its address is taken from the header, from the body, and whatever host it names', async () => {
    for (const sessionLocation of ['header', 'body', 'other name'] as const) {
      await withRedfish({ sessionLocation }, async (act, { sessions }) => {
        assert.equal(await act('powerstatus'), 'Off');
        assert.deepEqual([sessions.opened, sessions.open], [1, 0]);
      });
    }
  });

  test('one that cannot be closed does not fail the action, and is told in the log', async () => {
    for (const fault of ['cut', { status: 500 }] as const) {
      await using service = await RedfishService.start();
      service.fault = ({ method }) => (method === 'DELETE' ? fault : undefined);
      const act = redfishActor(service);
      assert.equal(await act('powerstatus'), 'Off');
      assert.match(act.lines.join('\n'), /the session stays open|does not close the session/);
    }
  });

  for (const sessions of ['refused', 'full'] as const) {
    test(`basic authentication is used where sessions are ${sessions}`, async () => {
      await withRedfish({ sessions }, async (act, service) => {
        assert.equal(await act('poweron'), 'On');
        assert.equal(service.system.power, 'On');
        assert.ok(service.requests.every(({ headers }) => headers['x-auth-token'] === undefined));
      });
    });
  }

  test('a wrong user name or password is an error, shown once to the service', async () => {
    await withRedfish({}, async (act, service) => {
      for (const wrong of [{ 'ipmi/password': 'not-this' }, { 'ipmi/username': 'nobody' }]) {
        await assert.rejects(act('poweron', wrong), {
          code: 403,
          message: /refuses the user name or password \(ipmi\/username, ipmi\/password\)/,
        });
      }
      assert.equal(service.requests.filter(isLogin).length, 2);
      assert.ok(service.requests.every(({ headers }) => headers.authorization === undefined));
    });
    await withRedfish({ sessions: 'refused' }, async (act) => {
      await assert.rejects(act('poweron', { 'ipmi/password': 'x' }), { code: 403 });
    });
  });

  test('a refusal by another status than 401 is shown the password once, a complaint of another kind leads to basic', async () => {
    const answer = (status: number, id: string, text: string) => ({
      status,
      body: { error: { '@Message.ExtendedInfo': [{ MessageId: id, Message: text }] } },
    });
    for (const [fault, refused] of [
      [answer(400, 'Base.1.4.UnauthorizedLoginAttempt', ''), true],
      [answer(400, 'Base.1.0.GeneralError', 'Unable to log in with these credentials.'), true],
      [answer(403, 'Base.1.8.InsufficientPrivilege', 'The account is locked.'), true],
      [answer(400, 'Oem.1.0.LoginFailed', 'The user name or password is incorrect.'), true],
      [{ status: 403 }, false],
      [answer(403, 'Base.1.8.InsufficientPrivilege', 'No privilege for sessions.'), false],
      [{ status: 400 }, false],
      [answer(400, 'Base.1.8.PropertyUnknown', 'The property Password is not known here.'), false],
      [answer(400, 'Base.1.8.SessionLimitExceeded', 'Log out first.'), false],
      [answer(403, 'IDRAC.2.1.RAC0218', 'The maximum number of user sessions has been reached.'), false],
      [{ status: 404 }, false],
    ] as const) {
      await using service = await RedfishService.start();
      service.fault = (request) => (isLogin(request) ? fault : undefined);
      const done = redfishActor(service)('powerstatus');
      if (refused) {
        await assert.rejects(done, { code: 403, message: /refuses the user name or password/ });
        assert.ok(service.requests.every(({ headers }) => headers.authorization === undefined));
      } else {
        assert.equal(await done, 'Off');
      }
    }
  });

  test('a session that the service forgot in the middle is an error', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ uri }) => {
        if (uri.endsWith('/Systems')) service.sessions.forget();
        return undefined;
      };
      await assert.rejects(act('poweron'), { code: 403, message: /There is no valid session\./ });
      service.violations.length = 0;
    });
  });

  test('a service that wants credentials even for its root is used all the same', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ uri, headers }) =>
        uri === '/redfish/v1/' && headers['x-auth-token'] === undefined ? { status: 401 } : undefined;
      assert.equal(await act('powerstatus'), 'Off');
    });
  });
});

describe('connections of redfish', { concurrency: 4 }, () => {
  test('one connection serves the actions that follow each other, a few those at once', async () => {
    await withRedfish({}, async (act, service) => {
      for (const command of ['poweron', 'powerstatus', 'poweroff']) await act(command);
      const ports = new Set(service.requests.map(({ port }) => port));
      assert.ok(ports.size < service.requests.length / 4, `${ports.size} for ${service.requests.length}`);
      await Promise.all(Array.from({ length: 10 }, () => act('getMemory')));
      assert.ok((await service.connections()) <= 4);
    });
  });

  test('a question is asked again when the connection had been closed', async () => {
    await withRedfish({}, async (act, service) => {
      let cuts = 0;
      service.fault = ({ uri }) => (uri.endsWith('/Bios') && cuts++ === 0 ? 'cut' : undefined);
      assert.partialDeepStrictEqual(await act('getBios'), { Id: 'Bios' });
      assert.equal(cuts, 2);
    });
  });

  test('an order whose answer is lost is given once more, when nothing has come of it', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ uri }) => (uri.endsWith('.Reset') ? 'cut' : undefined);
      await assert.rejects(act('poweron'), {
        code: 502,
        message: /broke the connection off during POST .*Reset$/,
      });
      assert.equal(service.changes.length, 2);
    });
  });

  test('a service that dies in the middle is an error, and then it is not available', async () => {
    await using service = await RedfishService.start();
    const act = redfishActor(service);
    service.fault = ({ uri }) => {
      if (!uri.endsWith('/Systems')) return undefined;
      service.die();
      return 'hang';
    };
    await assert.rejects(act('powerstatus'), { code: 504, message: /does not answer: ECONNREFUSED/ });
    await assert.rejects(act('poweron'), {
      code: 404,
      message:
        /Unavailable ipmi driver: redfish\n +BMC .* does not answer: ECONNREFUSED \(ipmi\/address, ipmi\/port-redfish\)$/,
    });
  });

  test('a service that stops answering is an error when its time is up', async () => {
    await using service = await RedfishService.start();
    service.fault = ({ uri }) => (uri.endsWith('/Systems') ? 'hang' : undefined);
    await growingLimit(500, async (requestMs) => {
      const { message } = await failureOf(redfishActor(service, redfishMode({ requestMs }))('powerstatus'));
      return (
        message.includes(`gave no answer to GET /redfish/v1/Systems within ${requestMs / 1000} s`) ||
        undefined
      );
    });
  });

  test('a slow service gets its time', async () => {
    await withRedfish({ delayMs: 30 }, async (act, service) => {
      assert.equal(await act('poweron'), 'On');
      assert.equal(service.system.power, 'On');
    });
  });

  test('a service that is none is not available', async () => {
    await using service = await RedfishService.start();
    const act = redfishActor(service);
    for (const fault of [
      { status: 404, body: '<html>no</html>' },
      { status: 200, body: '<html>hello</html>' },
      { status: 200, body: { hello: 'world' } },
    ]) {
      service.fault = () => fault;
      await assert.rejects(act('poweron'), {
        code: 404,
        message: /Unavailable ipmi driver: redfish\n +BMC .*: GET \/redfish\/v1\/: /,
      });
    }
    assert.equal(service.requests.length, 3);
  });
});
