import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Consoles, type ConsoleTicket } from '../../../cmd/ipmi/console/consoles.ts';
import { consoleRoutes } from '../../../cmd/ipmi/console/routes.ts';
import { ipmiDriver } from '../../../cmd/ipmi/ipmi.ts';
import { Lanplus, type Timing } from '../../../lib/ipmi/index.ts';
import { FakeBmc, type FakeBmcOptions } from '../../support/fake-bmc/fake-bmc.ts';
import { until } from '../../support/until.ts';
import { PATIENT, SHORT } from '../lanplus/asker.ts';
import { actor } from '../request.ts';

interface Read {
  text: string;
  next: number;
  state: string;
  version: number;
}

/** The plugin's actions and routes, and a BMC. */
async function withConsoles(
  options: FakeBmcOptions & { goneMs?: number; timing?: Timing },
  check: (
    bmc: FakeBmc,
    use: {
      act: ReturnType<typeof actor>;
      open: (
        command?: string,
        params?: Record<string, unknown>,
      ) => Promise<ConsoleTicket & { plugin: string }>;
      read: (ticket: string, from?: number, version?: number) => Promise<Read>;
      post: (route: string, fields: object | string, method?: string) => Promise<unknown>;
    },
  ) => Promise<void>,
): Promise<void> {
  await using bmc = await FakeBmc.start(options);
  const native = new Lanplus(options.timing ?? PATIENT);
  const consoles = new Consoles(options.goneMs);
  const act = actor(new Map([['ipmitool', ipmiDriver(native, undefined, consoles)]]), bmc);
  const post = async (route: string, fields: object | string, method = 'POST') => {
    const body = Buffer.from(typeof fields === 'string' ? fields : JSON.stringify(fields));
    return (await consoleRoutes(consoles, { method, path: `/console/${route}`, body })).body;
  };
  try {
    await check(bmc, {
      act,
      post,
      open: async (command = 'console', params = {}) =>
        (await act(command, params)) as ConsoleTicket & { plugin: string },
      read: async (ticket, from = 0, version = 0) => {
        const { output, ...rest } = (await post('read', { ticket, from, version, wait: 20_000 })) as Read & {
          output: string;
        };
        return { ...rest, text: Buffer.from(output, 'base64').toString() };
      },
    });
  } finally {
    native.close();
  }
}

test('a second one who looks sees what was printed before, and both see the rest; the last one to go closes it', async () => {
  await withConsoles({}, async (bmc, { open, read, post }) => {
    const first = await open();
    assert.partialDeepStrictEqual(first, { plugin: 'ipmi', mayType: true, from: 0, others: 0 });
    bmc.serial.print('login: ');
    const { next, version, text } = await read(first.ticket, 0, 1);
    assert.equal(text, 'login: ');
    const second = await open('watchConsole');
    assert.partialDeepStrictEqual(second, { mayType: false, from: 0, others: 1 });
    assert.equal((await read(second.ticket, second.from)).text, 'login: ');
    const input = Buffer.from('root\r').toString('base64');
    await assert.rejects(post('type', { ticket: second.ticket, number: 1, input }), { code: 403 });
    bmc.serial.echoes = true;
    await post('type', { ticket: first.ticket, number: 1, input });
    // Sent again by who has not heard that it arrived.
    await post('type', { ticket: first.ticket, number: 1, input });
    assert.equal((await read(second.ticket, next, version)).text, 'root\r');
    assert.equal((await read(first.ticket, next, version)).text, 'root\r');
    assert.equal(bmc.serial.typed, 'root\r');
    await post('type', { ticket: first.ticket, number: 2, break: true });
    await until(() => bmc.serial.breaks === 1, 'the break');
    await post('close', { ticket: first.ticket });
    await assert.rejects(read(first.ticket), { code: 404 });
    assert.equal(bmc.sessions, 1);
    await post('close', { ticket: second.ticket });
    await until(() => bmc.sessions === 0, 'the session to be closed');
  });
});

test('one who comes with another login does not get the console of who is there', async () => {
  await withConsoles({}, async (bmc, { open }) => {
    await open();
    await assert.rejects(open('console', { 'ipmi/password': 'wrong' }), { code: 403 });
    await assert.rejects(open('console', { 'ipmi/privilege-level': 'operator' }), {
      code: 409,
      message: /in use elsewhere/,
    });
    await open('console', { 'ipmi/privilege-level': 'operator', 'ipmi/console-take-over': true });
    await until(() => bmc.sessions === 1, 'the first session to be closed');
  });
});

test('one who does not read any more is gone after a while, and the console with the last one', async () => {
  await withConsoles({ goneMs: 40 }, async (bmc, { open, read }) => {
    const { ticket } = await open();
    await until(() => bmc.sessions === 0, 'the session to be closed');
    await assert.rejects(read(ticket), { code: 404, message: /was closed; open it again/ });
    const again = await open();
    bmc.serial.print('here');
    assert.equal((await read(again.ticket, again.from, 1)).text, 'here');
  });
});

test('the console is the own work of the plugin: with ipmitool, and a BMC that only ipmitool can talk to, it says so', async () => {
  await withConsoles({ faults: { wrongRakp2Code: [17, 3] } }, async (_bmc, { open }) => {
    await assert.rejects(open('console', { 'ipmi/transport': 'ipmitool' }), {
      code: 501,
      message: /not by ipmitool \(ipmi\/transport\)/,
    });
    await assert.rejects(open(), { code: 403 });
  });
  await withConsoles({ faults: { isOld: true }, timing: SHORT }, async (_bmc, { open }) => {
    await assert.rejects(open(), { code: 501, message: /does not speak IPMI 2.0\n.*not by ipmitool/ });
  });
});

test('routes refuse what they cannot read', async () => {
  await withConsoles({}, async (_bmc, { open, post }) => {
    const { ticket } = await open();
    for (const [route, fields, code] of [
      ['nothing', { ticket }, 404],
      ['read', 'x', 400],
      ['read', '[]', 400],
      ['read', {}, 400],
      ['read', { ticket: 'other' }, 404],
      ['read', { ticket, from: -1 }, 400],
      ['read', { ticket, from: 'x' }, 400],
      ['type', { ticket, number: 1, input: 5 }, 400],
      ['type', { ticket, number: 1, input: 'x'.repeat(70_000) }, 400],
      ['type', { ticket, number: 1.5, input: '' }, 400],
    ] as const) {
      await assert.rejects(post(route, fields), { code }, `${route} ${JSON.stringify(fields)}`);
    }
    await assert.rejects(post('read', { ticket }, 'GET'), { code: 405 });
    await assert.rejects(
      consoleRoutes(undefined, {
        method: 'POST',
        path: '/console/read',
        body: Buffer.from('{"ticket":"x"}'),
      }),
      {
        code: 404,
      },
    );
  });
});
