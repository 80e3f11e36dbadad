import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { type LparOptions, lparDriver } from '../../cmd/ipmi/lpar.ts';
import { ModelError } from '../../lib/models/index.ts';
import { failureOf, growingLimit } from '../support/growing-limit.ts';
import { type Fault, HmcService, PARTITION } from '../support/hmc-service/index.ts';
import { until } from '../support/until.ts';
import { actor } from './request.ts';

/** Calls actions in mode lpar on the partition that the HMC has. */
function actorFor(hmc: HmcService, options: LparOptions = {}, address = '127.0.0.1') {
  const { username, password, port } = hmc;
  const act = actor(new Map([['lpar', lparDriver({ pollMs: 5, ...options })]]), {
    address,
    username,
    password,
  });
  return (command: string, params: Record<string, unknown> = {}, signal?: AbortSignal) =>
    act(
      command,
      { 'ipmi/mode': 'lpar', 'ipmi/port-lpar': port, 'ipmi/lpar-id': PARTITION, ...params },
      signal,
    );
}

/** The session of every action is closed, whatever came of it: that of one that was cancelled, soon after. */
async function loggedOff(hmc: HmcService): Promise<void> {
  assert.ok(hmc.logons > 0);
  await until(() => hmc.sessions.size === 0, 'the session to be closed');
}

describe('mode lpar', { concurrency: 4 }, () => {
  test('power actions change and tell the state of the partition, once their jobs are done', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    assert.equal(await act('powerstatus'), 'not activated');
    assert.equal(await act('poweron'), 'Success');
    assert.equal(hmc.state, 'running');
    assert.equal(await act('powerstatus'), 'running');
    assert.equal(await act('powercycle'), 'Success');
    assert.equal(await act('poweroff'), 'Success');
    assert.deepEqual(hmc.changes, ['running', 'not activated', 'running', 'not activated']);
    await loggedOff(hmc);
    assert.equal(hmc.logons, 5);
    assert.equal(hmc.jobs.size, 0);
  });

  test('the jobs have the parameters that the reference gives them', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    for (const command of ['poweron', 'powercycle', 'poweroff']) await act(command);
    const group = 'LogicalPartition';
    const off = { immediate: 'true', operation: 'shutdown' };
    assert.deepEqual(hmc.jobRequests, [
      { operation: 'PowerOn', group, parameters: { novsi: 'true', force: 'false', bootmode: 'norm' } },
      { operation: 'PowerOff', group, parameters: { ...off, restart: 'true' } },
      { operation: 'PowerOff', group, parameters: { ...off, restart: 'false' } },
    ]);
  });

  test('a partition that is in the state already is no failure, and one that is off is cycled by starting it', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    assert.equal(await act('poweroff'), 'Success');
    assert.equal(await act('powercycle'), 'Success');
    assert.deepEqual(hmc.changes, ['running']);
    assert.equal(await act('poweron'), 'Success');
    assert.deepEqual(hmc.changes, ['running']);
    await loggedOff(hmc);
  });

  test('with ipmi/result-format json, power actions tell the state, the driver and the time', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    const json = { 'ipmi/result-format': 'json' };
    for (const [command, power] of [
      ['poweron', 'on'],
      ['powerstatus', 'on'],
      ['poweroff', 'off'],
    ] as const) {
      const { tookMs, ...rest } = (await act(command, json)) as { tookMs: number };
      assert.deepEqual(rest, { power, driver: 'lpar' });
      assert.ok(Number.isInteger(tookMs));
    }
    for (const [state, power] of [
      ['open firmware', 'on'],
      ['shutting down', 'shutting down'],
    ] as const) {
      hmc.partitions.set(PARTITION, state);
      assert.partialDeepStrictEqual(await act('powerstatus', json), { power });
    }
  });

  test('boot actions succeed and do nothing, in every boot mode', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    for (const command of ['nextbootpxe', 'nextbootdisk', 'forcebootpxe', 'forcebootdisk']) {
      for (const mode of ['uefi', 'legacy-bios']) {
        assert.equal(await act(command, { 'detected-bios-mode': mode }), 'Success');
      }
      await assert.rejects(act(command, { 'ipmi/lpar-id': undefined }), { code: 400 });
    }
    assert.deepEqual(hmc.requests, []);
    await assert.rejects(act('nextbootcd'), {
      code: 404,
      messages: ['Action nextbootcd not supported on ipmi driver: lpar'],
    });
  });

  test('user names and passwords reach the HMC as they are', async () => {
    await using hmc = await HmcService.start();
    for (const password of ['<b>&amp; "\'', ']]>', '007', ' grüße 密码 ', 'true']) {
      hmc.password = password;
      assert.equal(await actorFor(hmc)('powerstatus'), 'not activated');
    }
  });

  test('an HMC by IPv6 address or host name is reached as well', async () => {
    for (const [host, address] of [
      ['::1', '::1'],
      ['::1', '[::1]'],
      ['127.0.0.1', 'localhost'],
    ] as const) {
      await using hmc = await HmcService.start(host);
      assert.equal(await actorFor(hmc, {}, address)('powerstatus'), 'not activated');
    }
  });

  test('with a CA, only an HMC that it vouches for is talked to', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    // The certificate has another name than the address: being the very one, it is trusted all the same.
    assert.equal(await act('powerstatus', { 'ipmi/ca': hmc.certificate }), 'not activated');
    assert.equal(await act('powerstatus', { 'ipmi/ca': ' ' }), 'not activated');
    const requests = hmc.requests.length;
    const foreign = await otherCertificate();
    await assert.rejects(act('powerstatus', { 'ipmi/ca': foreign }), {
      code: 502,
      message: /has a certificate that ipmi\/ca does not vouch for/,
    });
    await assert.rejects(act('powerstatus', { 'ipmi/ca': 'x' }), {
      code: 400,
      message: /ipmi\/ca/,
    });
    assert.equal(hmc.requests.length, requests);
  });

  test('a wrong password is an error that names the params, after one logon and no more', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    await assert.rejects(act('poweron', { 'ipmi/password': 'pa55-word' }), (error) => {
      assert.ok(error instanceof ModelError);
      assert.deepEqual(
        [error.code, error.messages],
        [
          403,
          [
            `HMC 127.0.0.1:${hmc.port}: refuses the user name or password (ipmi/username, ipmi/password)`,
            'HMC: Logon of hscroot with *** failed.',
          ],
        ],
      );
      return true;
    });
    hmc.fault = 'locked';
    await assert.rejects(act('poweron'), { code: 403, message: /locked due to 3 failed logins/ });
    assert.equal(hmc.logons, 2);
    assert.deepEqual(new Set(hmc.requests), new Set(['PUT /rest/api/web/Logon']));
  });

  const cases: readonly [fault: Fault, command: string, code: number, message: RegExp][] = [
    ['busy', 'poweron', 503, /is busy\n.*HMC: The console is starting\./],
    ['forbidden', 'poweron', 403, /does not let this user do it \(ipmi\/username\)\n.*HSCL350B/],
    ['broken', 'poweron', 502, /PUT .*\/do\/PowerOn: status 500\n.*HSCL0001 Broken, says \*\*\*\./],
    ['expired', 'powerstatus', 502, /has ended the session/],
    ['html', 'powerstatus', 502, /the answer cannot be read: /],
    ['bomb', 'powerstatus', 502, /the answer cannot be read: it has a document type/],
    ['huge', 'powerstatus', 502, /its answer is longer than 8388608 bytes/],
    ['stateless', 'powerstatus', 502, /the answer has no PartitionState/],
    ['redirect', 'powerstatus', 502, /status 302/],
    ['jobless', 'poweron', 502, /PowerOn: the answer tells of no job with a JobID and a Status/],
  ];
  for (const [fault, command, code, message] of cases) {
    test(`an HMC that does not do as it should is an error with its words, and the session is closed: ${fault}`, async () => {
      await using hmc = await HmcService.start();
      hmc.fault = fault;
      hmc.password = 'pa55-word';
      await assert.rejects(actorFor(hmc)(command), (error) => {
        assert.ok(error instanceof ModelError);
        assert.deepEqual([error.code, error.model, error.key], [code, 'plugin', 'ipmi']);
        assert.match(error.message, message);
        assert.ok(!JSON.stringify(error).includes('pa55-word'));
        return true;
      });
      if (fault === 'expired') assert.equal(hmc.requests.at(-1), 'DELETE /rest/api/web/Logon');
      else await loggedOff(hmc);
    });
  }

  test('a job that fails is an error with the words of the HMC, and is deleted', async () => {
    await using hmc = await HmcService.start();
    const act = actorFor(hmc);
    hmc.outcome = {
      status: 'COMPLETED_WITH_ERROR',
      result: 'HSCL05DF The partition is not in a state <under> which this can be done.',
    };
    const name = `HMC 127.0.0.1:${hmc.port}`;
    for (const command of ['poweron', 'poweroff', 'powercycle']) {
      const operation = command === 'poweron' ? 'PowerOn' : 'PowerOff';
      await assert.rejects(act(command), {
        code: 502,
        messages: [
          `${name}: ${operation} ended with COMPLETED_WITH_ERROR`,
          'HMC: HSCL05DF The partition is not in a state <under> which this can be done.',
        ],
      });
    }
    hmc.outcome = { status: 'FAILED_BEFORE_COMPLETION', exception: 'PmcJobException: no' };
    await assert.rejects(act('poweron'), {
      messages: [`${name}: PowerOn ended with FAILED_BEFORE_COMPLETION`, 'HMC: PmcJobException: no'],
    });
    hmc.outcome = { status: 'CANCELED_BEFORE_COMPLETION' };
    await assert.rejects(act('poweron'), {
      messages: [`${name}: PowerOn ended with CANCELED_BEFORE_COMPLETION`],
    });
    hmc.outcome = { status: 'COMPLETED_WITH_WARNINGS' };
    assert.equal(await act('poweron'), 'Success');
    assert.deepEqual(hmc.changes, []);
    assert.equal(hmc.jobs.size, 0);
    await loggedOff(hmc);
  });

  test('jobs and sessions that the HMC keeps do not make an action fail', async () => {
    await using hmc = await HmcService.start();
    hmc.fault = 'kept';
    assert.equal(await actorFor(hmc)('poweron'), 'Success');
    hmc.fault = 'no-logoff';
    assert.equal(await actorFor(hmc)('poweroff'), 'Success');
    assert.equal(hmc.sessions.size, 1);
  });

  test('a job that does not end is left alone at the limit, and the session is closed', async () => {
    await using hmc = await HmcService.start();
    hmc.fault = 'endless';
    await assert.rejects(actorFor(hmc, { jobMs: 50 })('poweron'), {
      code: 504,
      message: /job \d+ \(PowerOn\) is (NOT_STARTED|RUNNING) after 0\.05 s, and left alone/,
    });
    assert.equal(hmc.jobs.size, 1);
    await loggedOff(hmc);
  });

  test('an HMC that stops answering is an error at the limit, and the session is closed', async () => {
    await growingLimit(500, async (requestMs) => {
      await using hmc = await HmcService.start();
      hmc.fault = 'silent';
      const { message } = await failureOf(actorFor(hmc, { requestMs })('powerstatus'));
      const isInSession = /gave no answer to GET (\S+) within (\S+) s/.exec(message);
      if (isInSession?.[2] !== String(requestMs / 1000)) return undefined;
      await loggedOff(hmc);
      return true;
    });
  });

  test('a question that is cut off is asked again, an order is not', async () => {
    await using hmc = await HmcService.start();
    hmc.fault = 'cut';
    assert.equal(await actorFor(hmc)('powerstatus'), 'not activated');
    await loggedOff(hmc);
    await using deaf = await hangUp();
    const act = actorFor(hmc, {}, '127.0.0.1');
    await assert.rejects(act('poweron', { 'ipmi/port-lpar': deaf.port }), {
      code: 502,
      message: /PUT \/rest\/api\/web\/Logon/,
    });
    // One for the question whether anybody is there.
    assert.equal(deaf.connections, 2);
  });

  test('an abort ends the waiting for a job, and the session is closed', async () => {
    await using hmc = await HmcService.start();
    hmc.fault = 'endless';
    const stopping = new AbortController();
    const reason = new ModelError(503, 'Plugin ipmi is stopping');
    const outcome = assert.rejects(
      actorFor(hmc)('poweron', {}, stopping.signal),
      (error) => error === reason,
    );
    await until(() => hmc.requests.some((request) => request.includes('/jobs/')), 'the job to be asked for');
    stopping.abort(reason);
    await outcome;
    await loggedOff(hmc);
  });

  test('an abort ends a request, and the session is closed', async () => {
    await using hmc = await HmcService.start();
    hmc.fault = 'silent';
    const stopping = new AbortController();
    const outcome = assert.rejects(actorFor(hmc)('powerstatus', {}, stopping.signal), {
      name: 'ModelError',
      code: 503,
      message: /HMC [0-9.:]+: the call was cancelled/,
    });
    await until(() => hmc.requests.some((request) => request.startsWith('GET')), 'the question');
    stopping.abort();
    await outcome;
    await loggedOff(hmc);
  });

  test('a session that the HMC opens after the abort is closed too, and does nothing', async () => {
    await using hmc = await HmcService.start();
    hmc.fault = 'slow-logon';
    const stopping = new AbortController();
    const outcome = assert.rejects(actorFor(hmc)('poweron', {}, stopping.signal), { code: 503 });
    await until(() => hmc.holding === 1, 'the logon');
    stopping.abort();
    hmc.release();
    await outcome;
    await loggedOff(hmc);
    assert.deepEqual(hmc.jobRequests, []);
  });

  test('an abort before the call asks nothing', async () => {
    await using hmc = await HmcService.start();
    await assert.rejects(actorFor(hmc)('poweron', {}, AbortSignal.abort()), {
      name: 'ModelError',
      code: 503,
    });
    assert.deepEqual(hmc.requests, []);
  });

  test('where nothing answers, the mode is not available, and the error says why', async () => {
    await using hmc = await HmcService.start();
    const { port } = await freePort();
    for (const over of [{ 'ipmi/port-lpar': port }, { 'ipmi/address': 'no-such-host.invalid' }]) {
      await assert.rejects(actorFor(hmc)('poweron', over), {
        code: 404,
        message:
          /Unavailable ipmi driver: lpar\n +HMC .*: does not answer: .*(ECONNREFUSED|ENOTFOUND|EAI_AGAIN).* \(ipmi\/address, ipmi\/port-lpar\)$/,
      });
    }
    assert.deepEqual(hmc.requests, []);
  });

  test('params that are missing or of no use are errors that name them, before anything is sent', async () => {
    await using hmc = await HmcService.start();
    for (const [name, value, message = `${name}: `] of [
      ['ipmi/lpar-id', undefined, 'LPAR id missing: specify ipmi/lpar-id'],
      ['ipmi/lpar-id', 7],
      ['ipmi/lpar-id', ''],
      ['ipmi/lpar-id', '..'],
      ['ipmi/lpar-id', `${PARTITION}/do/PowerOff`],
      ['ipmi/address', '127.0.0.1/x'],
      ['ipmi/address', ''],
      ['ipmi/port-lpar', 70_000],
      ['ipmi/username', undefined],
      ['ipmi/password', 'pa55\u0000word'],
    ] as const) {
      await assert.rejects(actorFor(hmc)('poweron', { [name]: value }), (error) => {
        assert.ok(error instanceof ModelError, `${name} ${value}`);
        assert.equal(error.code, 400);
        assert.ok(error.messages[0]?.startsWith(message), error.message);
        assert.ok(!error.message.includes('pa55'));
        return true;
      });
    }
    assert.deepEqual(hmc.requests, []);
  });

  test('a partition that the HMC does not have is an error that names the param', async () => {
    await using hmc = await HmcService.start();
    const id = '00000000-0000-4000-8000-000000000000';
    await assert.rejects(actorFor(hmc)('poweron', { 'ipmi/lpar-id': id }), {
      code: 404,
      messages: [
        `HMC 127.0.0.1:${hmc.port}: knows no such partition (ipmi/lpar-id)`,
        `HMC: No LogicalPartition ${id}.`,
      ],
    });
    await loggedOff(hmc);
  });

  test('an HMC that is stuck holds up no other', async () => {
    await using stuck = await HmcService.start();
    await using hmc = await HmcService.start();
    stuck.fault = 'silent';
    const driver = lparDriver({ pollMs: 5 });
    const on = ({ port, username, password }: HmcService, signal?: AbortSignal, id = PARTITION) =>
      actor(new Map([['lpar', driver]]), { address: '127.0.0.1', username, password })(
        'poweron',
        { 'ipmi/mode': 'lpar', 'ipmi/port-lpar': port, 'ipmi/lpar-id': id },
        signal,
      );
    const stopping = new AbortController();
    const waiting = [1, 2, 3, 4].map((digit) => {
      const id = PARTITION.replace(/.$/, String(digit));
      stuck.partitions.set(id, 'not activated');
      return assert.rejects(on(stuck, stopping.signal, id), { code: 503 });
    });
    await until(() => stuck.sessions.size === 4, 'all to be stuck');
    assert.equal(await on(hmc), 'Success');
    stopping.abort();
    await Promise.all(waiting);
  });

  test('changes of one partition come one after the other, questions and other partitions at once', async () => {
    await using hmc = await HmcService.start();
    const patient = lparDriver({ pollMs: 5 });
    const driver = lparDriver({ pollMs: 5, waitLimitMs: 50 });
    const { port, username, password } = hmc;
    const call = (command: string, id: string, signal?: AbortSignal, lpar = driver) =>
      actor(new Map([['lpar', lpar]]), { address: '127.0.0.1', username, password })(
        command,
        { 'ipmi/mode': 'lpar', 'ipmi/port-lpar': port, 'ipmi/lpar-id': id },
        signal,
      );
    assert.deepEqual(
      await Promise.all(
        ['poweron', 'poweroff', 'poweron'].map((command) => call(command, PARTITION, undefined, patient)),
      ),
      ['Success', 'Success', 'Success'],
    );
    assert.equal(hmc.partitions.get(PARTITION), 'running');
    hmc.fault = 'endless';
    const stopping = new AbortController();
    const stuck = assert.rejects(call('poweroff', PARTITION, stopping.signal), { code: 503 });
    await until(() => hmc.sessions.size === 1, 'it to be stuck');
    await assert.rejects(call('poweron', PARTITION.toUpperCase()), {
      code: 503,
      message: /partition .*: earlier calls were not done after 0\.05 s$/,
    });
    assert.equal(typeof (await call('powerstatus', PARTITION)), 'string');
    stopping.abort();
    await stuck;
  });
});

async function otherCertificate(): Promise<string> {
  const { generate } = await import('selfsigned');
  const { cert } = await generate([{ name: 'commonName', value: 'other' }], {
    keyType: 'ec',
    curve: 'P-256',
  });
  return cert;
}

/** A port of 127.0.0.1 where nothing listens. */
async function freePort(): Promise<{ port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { port };
}

/** Takes connections and ends them. */
async function hangUp() {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
