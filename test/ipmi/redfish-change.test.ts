import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TaskOptions } from '../support/redfish-service/index.ts';
import { until } from '../support/until.ts';
import { withRedfish } from './redfish-actor.ts';

describe('tasks of redfish', { concurrency: 4 }, () => {
  for (const location of ['monitor', 'task', 'body'] as const) {
    test(`a task that is told as ${location} is followed to its end`, async () => {
      await withRedfish({ tasks: { location, looks: 3 } }, async (act, service) => {
        assert.equal(await act('poweron'), 'On');
        assert.equal(await act('nextbootpxe'), 'Success');
        assert.equal(service.system.boot.BootSourceOverrideTarget, 'Pxe');
        assert.equal(service.tasks?.running, 0);
      });
    });

    test(`a task that fails, told as ${location}, is an error with its messages`, async () => {
      await withRedfish({ tasks: { location, ends: 'Exception' } }, async (act, { system }) => {
        await assert.rejects(act('poweron'), {
          code: 502,
          message: /POST .*ComputerSystem\.Reset: .*\n {2}The request failed inside of the service\.$/,
        });
        assert.equal(system.power, 'Off');
      });
    });
  }

  test('what the operation itself refuses at its end is told as if at once', async () => {
    await withRedfish({ tasks: {}, systems: [{ transition: 'forever' }] }, async (act) => {
      await act('poweron', { 'ipmi/wait-for-power': 0 });
      const off = act('poweroff', { 'ipmi/wait-for-power': 0 });
      await assert.rejects(off, { code: 409, message: /in use or in transition/ });
    });
  });

  test('a task whose end was missed is told in the log', async () => {
    await withRedfish({ tasks: { forgotten: true } }, async (act) => {
      assert.equal(await act('nextbootpxe'), 'Success');
      assert.match(act.lines.join(), /its task is gone/);
    });
  });

  test('a task that does not end is an error', async () => {
    const tasks: TaskOptions = { ends: 'never', retryAfter: '0' };
    await withRedfish(
      { tasks },
      async (act) => {
        await assert.rejects(act('poweron'), { code: 504, message: /its task has not ended after 0\.05 s/ });
      },
      { taskMs: 50 },
    );
  });

  test('a task that goes on does not outlast a cancelled action', async () => {
    await withRedfish({ tasks: { ends: 'never', retryAfter: '9' } }, async (act, service) => {
      const abort = new AbortController();
      const cancelled = act('poweron', {}, abort.signal);
      await until(() => service.changes.length > 0, 'the change');
      abort.abort();
      await assert.rejects(cancelled, { code: 503 });
      await until(() => service.sessions.open === 0, 'the session to be closed');
    });
  });

  test('a change that is accepted with nothing to follow is looked at', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ method, uri }) =>
        method === 'PATCH' && uri.includes('/Systems/') ? { status: 202 } : undefined;
      await assert.rejects(act('identify'), { code: 502, message: /IndicatorLED is Off, not "Blinking"/ });
      assert.match(act.lines.join(), /accepted, with no task to follow/);
    });
  });
});

describe('ETags of redfish', { concurrency: 4 }, () => {
  for (const etags of ['strong', 'weak', 'weak, taken as strong', 'any'] as const) {
    test(`If-Match is sent where it is asked for: ${etags}`, async () => {
      await withRedfish({ etags }, async (act, service) => {
        assert.equal(await act('nextbootpxe'), 'Success');
        assert.equal(await act('identify'), 'Success');
        assert.equal(service.system.boot.BootSourceOverrideTarget, 'Pxe');
        assert.equal(service.system.light, 'Blinking');
      });
    });
  }

  test('it is not sent where it is not asked for', async () => {
    await withRedfish({}, async (act, service) => {
      await act('nextbootpxe');
      assert.ok(service.requests.every(({ headers }) => headers['if-match'] === undefined));
    });
  });

  test('a service that no tag pleases is told in its own words', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ method }) =>
        method === 'PATCH' ? { status: 412, headers: {}, body: {} } : undefined;
      await assert.rejects(act('identify'), { code: 502, message: /PATCH .*: 412 Precondition Failed/ });
    });
  });
});
