import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { Lanplus } from '../../../lib/ipmi/lanplus/lanplus.ts';
import type { SolConnection } from '../../../lib/ipmi/lanplus/sol-connection.ts';
import type { Timing } from '../../../lib/ipmi/lanplus/timing.ts';
import type { ModelError } from '../../../lib/models/index.ts';
import { FakeBmc, type FakeBmcOptions } from '../../support/fake-bmc/fake-bmc.ts';
import { startBmc } from '../../support/ipmi-simulator.ts';
import { until } from '../../support/until.ts';
import { never, PATIENT, POWER, SHORT } from './asker.ts';
import { numbers } from './numbers.ts';

/** A console, what came from it, and how it ended. */
class Seen {
  text = '';
  end: { error?: ModelError } | undefined;

  output(characters: Buffer): void {
    this.text += characters.toString('latin1');
  }

  over(error?: ModelError): void {
    this.end = { error };
  }

  async shows(text: string): Promise<void> {
    await until(async () => this.text.includes(text), `${JSON.stringify(text)} to be printed`);
  }
}

async function withConsole(
  options: FakeBmcOptions,
  check: (
    bmc: FakeBmc,
    seen: Seen,
    open: (takesOver?: boolean) => Promise<SolConnection>,
    client: Lanplus,
  ) => Promise<void>,
  timing: Partial<Timing> = PATIENT,
): Promise<void> {
  await using bmc = await FakeBmc.start(options);
  const client = new Lanplus({ ...PATIENT, ...timing });
  const seen = new Seen();
  try {
    const { address, port, username, password } = bmc;
    await check(
      bmc,
      seen,
      (takesOver) => client.openConsole({ address, port, username, password }, never, seen, { takesOver }),
      client,
    );
  } finally {
    client.close();
  }
}

test('what the machine prints is shown, and what is typed arrives, with any suite', async () => {
  for (const suites of [[17], [3]]) {
    await withConsole({ suites }, async (bmc, seen, open) => {
      bmc.serial.echoes = true;
      const connection = await open();
      bmc.serial.print('login: ');
      await seen.shows('login: ');
      connection.type(Buffer.from('root\r'));
      await seen.shows('root\r');
      connection.type('break');
      await until(async () => bmc.serial.breaks === 1, 'the break');
      assert.deepEqual([seen.text, bmc.serial.typed], ['login: root\r', 'root\r']);
      connection.close();
      await until(async () => bmc.sessions === 0, 'the session to be closed');
      assert.equal(seen.end, undefined);
    });
  }
});

test('30 (go-ipmi#86, #90, #92): a console that takes little, refuses and loses datagrams loses and repeats no text', async () => {
  const random = numbers(30);
  const faults = {
    loses: (kind: string) => kind.startsWith('sol') && random() < 0.15,
    doubles: () => random() < 0.15,
    delays: () => (random() < 0.1 ? 1 + random() * 20 : 0),
  };
  await withConsole(
    { faults },
    async (bmc, seen, open) => {
      bmc.serial.takes = 7;
      bmc.serial.refusals = 3;
      const connection = await open();
      const line = (prefix: string) =>
        Array.from({ length: 40 }, (_, index) => `${prefix}${index};`).join('');
      bmc.serial.print(line('out'));
      for (const part of line('in').match(/.{1,9}/g) ?? []) connection.type(Buffer.from(part));
      await until(async () => bmc.serial.typed.length >= line('in').length, 'all to be typed');
      await until(async () => seen.text.length >= line('out').length, 'all to be printed');
      assert.equal(bmc.serial.typed, line('in'));
      assert.equal(seen.text, line('out'));
      assert.equal(seen.end, undefined);
    },
    { ...PATIENT, solMs: new Array<number>(40).fill(250) },
  );
});

test('a power status in the same time does not disturb it, and the other way round', async () => {
  await withConsole({}, async (bmc, seen, open, client) => {
    const connection = await open();
    const { address, port, username, password } = bmc;
    for (let count = 0; count < 3; count += 1) {
      bmc.serial.print(`${count}`);
      connection.type(Buffer.from(`${count}`));
      const work = client.withBmc({ address, port, username, password }, never, (session) =>
        session.request(POWER),
      );
      assert.equal((await work).code, 0);
    }
    await seen.shows('012');
    await until(async () => bmc.serial.typed === '012', 'all to be typed');
  });
});

test('a console that is in use says so, unless it is to be taken over; whoever had it is told', async () => {
  await withConsole({}, async (bmc, first, open, client) => {
    await open();
    await assert.rejects(open(), { code: 409, message: /in use elsewhere \(ipmi\/console-take-over/ });
    const second = new Seen();
    const { address, port, username, password } = bmc;
    const access = { address, port, username, password };
    await client.openConsole(access, never, second, { takesOver: true });
    await until(async () => first.end !== undefined, 'the first one to be told');
    assert.equal(first.end?.error, undefined);
    bmc.serial.print('hello');
    await second.shows('hello');
    assert.equal(first.text, '');
  });
});

test('a session that was lost is ended when the BMC still has it, and no other one', async () => {
  await withConsole({}, async (bmc, seen, open, client) => {
    const { sessionId } = await open();
    const { address, port, username, password } = bmc;
    const again = (lost: number) =>
      client.openConsole({ address, port, username, password }, never, new Seen(), { lost });
    await assert.rejects(again(sessionId ^ 1), { code: 409 });
    assert.equal(seen.end, undefined);
    assert.notEqual((await again(sessionId)).sessionId, sessionId);
  });
});

test('a console that is off, or that nobody hands on, says so', async () => {
  await withConsole({}, async (bmc, _seen, open) => {
    bmc.serial.isOn = false;
    await assert.rejects(open(), {
      code: 409,
      message: /serial over LAN disabled for this user \(see the action solInfo\)/,
    });
    bmc.faults = { codes: { '06/48': { code: 0xc1, times: 1 } } };
    await assert.rejects(open(), { code: 501, message: /has no serial over LAN/ });
    await until(async () => bmc.sessions === 0, 'the sessions to be closed');
  });
});

test('an opening whose answer was lost is known to have been done', async () => {
  await withConsole(
    // Answers to the privilege and the question before it come.
    { faults: { loses: (kind, count) => kind === 'response' && count === 2 } },
    async (bmc, seen, open) => {
      await open();
      bmc.serial.print('here');
      await seen.shows('here');
    },
    SHORT,
  );
});

test('a BMC that drops the session is found out when nothing happens and when something is typed', async () => {
  for (const typed of ['', 'x']) {
    await withConsole(
      {},
      async (bmc, seen, open) => {
        const connection = await open();
        bmc.forgetSessions();
        connection.type(Buffer.from(typed));
        await until(async () => seen.end !== undefined, 'the end to be noticed');
        assert.equal(seen.end?.error?.code, 504);
        assert.match(String(seen.end?.error?.message), /stopped answering/);
        connection.type(Buffer.from('ignored'));
        connection.close();
      },
      typed === '' ? SHORT : { ...SHORT, solAliveMs: 60_000 },
    );
  }
});

test('a silent console is kept alive, one that is closed is asked no more', async () => {
  await withConsole(
    {},
    async (bmc, _seen, open) => {
      const connection = await open();
      const alive = () => bmc.received.filter((command) => command === '06/01').length;
      await until(async () => alive() > 3, 'signs of life');
      connection.close();
      await until(async () => bmc.sessions === 0, 'the session to be closed');
      assert.equal(bmc.received.at(-1)?.slice(0, 5), '06/3c');
      assert.ok(bmc.received.includes('06/49 010100000000'));
    },
    { solAliveMs: 30 },
  );
});

test('ipmi_sim hands on what is printed and typed, and the next one gets the console', async () => {
  let port: Socket | undefined;
  let typed = '';
  const serial = createServer((socket) => {
    port = socket;
    socket.on('data', (characters) => {
      typed += characters;
    });
    socket.on('error', () => {});
  });
  serial.listen(0, '127.0.0.1');
  await once(serial, 'listening');
  const bmc = await startBmc({ serialPort: (serial.address() as AddressInfo).port });
  const client = new Lanplus(PATIENT);
  try {
    for (const text of ['first', 'second']) {
      const seen = new Seen();
      const connection = await client.openConsole({ ...bmc, cipherSuite: 3 }, never, seen);
      await until(async () => port !== undefined, 'the serial port to be opened');
      port?.write(`${text}\r\n${'0123456789'.repeat(60)} end`);
      await seen.shows('end');
      assert.ok(seen.text.endsWith(`${text}\r\n${'0123456789'.repeat(60)} end`));
      connection.type(Buffer.from(`${text}\r`));
      await until(async () => typed.endsWith(`${text}\r`), 'it to be typed');
      connection.close();
    }
  } finally {
    client.close();
    port?.destroy();
    serial.close();
    await bmc.close();
  }
});
