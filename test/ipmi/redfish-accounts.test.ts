import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { act as actOn } from '../../cmd/ipmi/act.ts';
import type { Request } from '../../cmd/ipmi/driver.ts';
import plugin from '../../cmd/ipmi/plugin.ts';
import { ModelError } from '../../lib/models/index.ts';
import { FakeBmc } from '../support/fake-bmc/fake-bmc.ts';
import { bmcParams } from '../support/ipmi-simulator.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';
import { PATIENT } from './lanplus/asker.ts';
import { redfishMode, withRedfish } from './redfish-actor.ts';
import { ipmiMode } from './request.ts';

const ACCOUNTS = [
  { name: 'admin', AccountTypes: ['Redfish', 'IPMI'] },
  { name: 'ops', role: 'Operator', Locked: true },
  { name: '', role: 'None', Enabled: false },
  { name: 'guest', role: 'ReadOnly', Enabled: false },
];
const NEW = 'n3w-pa55-word';
const SET = { 'ipmi/user': 'ops', 'ipmi/user-password': NEW };

describe('users by redfish', { concurrency: 4 }, () => {
  test('they have the shape of mode ipmitool, without places that are free', async () => {
    await withRedfish({ accounts: ACCOUNTS }, async (act) => {
      assert.deepEqual(await act('getUsers'), [
        { id: 1, name: 'admin', enabled: true, privilege: 'administrator', ipmi: true, locked: false },
        { id: 2, name: 'ops', enabled: true, privilege: 'operator', locked: true },
        { id: 4, name: 'guest', enabled: false, privilege: 'user', locked: false },
      ]);
    });
  });

  test('a user that cannot be read is told; without an account service it is an error', async () => {
    await withRedfish({ accounts: ACCOUNTS, traits: { broken: { 'Accounts/2': 500 } } }, async (act) => {
      const users = (await act('getUsers')) as { Warnings?: string[] }[];
      assert.equal(users.length, 3);
      assert.match(String(users.at(-1)?.Warnings), /Accounts\/2: 500/);
    });
    await withRedfish({}, async (act) => {
      await assert.rejects(act('getUsers'), { code: 501, message: /has no accounts that Redfish tells of/ });
    });
  });

  test('a password is set, and tried', async () => {
    await withRedfish({ accounts: ACCOUNTS }, async (act, service) => {
      assert.equal(await act('setUserPassword', SET), 'Success');
      assert.equal(service.sessions.passwords.get('ops'), NEW);
      assert.deepEqual(service.changes, ['PATCH /redfish/v1/AccountService/Accounts/2']);
      assert.equal(service.sessions.opened, 2);
    });
  });

  test('that of a user who is disabled is set, and told not to be tried', async () => {
    await withRedfish({ accounts: ACCOUNTS }, async (act, { sessions }) => {
      await act('setUserPassword', { ...SET, 'ipmi/user': 'guest' });
      assert.equal(sessions.passwords.get('guest'), NEW);
      assert.match(act.lines.join('\n'), /is disabled, so that its password was not tried/);
    });
  });

  test('what does not work is an error, which never has the password', async () => {
    const refusing = [{ name: 'ops', forgetsPassword: true }];
    for (const [accounts, params, expected] of [
      [refusing, SET, { code: 502, message: /took the password, and refuses a login with it/ }],
      [
        ACCOUNTS,
        { ...SET, 'ipmi/user': 'nobody' },
        { code: 404, message: /no user "nobody".*it has admin, ops, guest/ },
      ],
      [ACCOUNTS, { ...SET, 'ipmi/user-password': '' }, { code: 400 }],
      [ACCOUNTS, { ...SET, 'ipmi/user-password': `${NEW}\n` }, { code: 400 }],
      [ACCOUNTS, { ...SET, 'ipmi/user': '' }, { code: 400 }],
    ] as const) {
      await withRedfish({ accounts }, async (act) => {
        await assert.rejects(act('setUserPassword', params), (error) => {
          assert.ok(error instanceof ModelError);
          assert.equal(error.code, expected.code);
          if ('message' in expected) assert.match(error.message, expected.message);
          assert.ok(!JSON.stringify([error.messages, act.lines]).includes(NEW));
          return true;
        });
      });
    }
  });

  test('a BMC that quotes the password in a refusal has it masked', async () => {
    await withRedfish({ accounts: ACCOUNTS }, async (act, service) => {
      service.fault = ({ method, text }) =>
        method === 'PATCH'
          ? { status: 400, body: { error: { message: `bad: ${text}`, code: 'x' } } }
          : undefined;
      await assert.rejects(act('setUserPassword', SET), (error) => {
        assert.match(String(error), /bad: .*\*\*\*/);
        assert.ok(!String(error).includes(NEW));
        return true;
      });
    });
  });
});

describe("the machine's own password", { concurrency: 4 }, () => {
  const log = { info: () => {}, warn: () => {} } as unknown as Request['log'];

  async function set(user: string, keepPassword: Request['keepPassword']) {
    let result: unknown;
    await withRedfish({ accounts: ACCOUNTS }, async (_act, service) => {
      result = await actOn(redfishMode(), {
        plugin: 'ipmi',
        command: 'setUserPassword',
        params: {
          'ipmi/mode': 'redfish',
          'ipmi/address': service.address,
          'ipmi/port-redfish': service.port,
          'ipmi/username': 'admin',
          'ipmi/password': 'redfish-pa55',
          'ipmi/user': user,
          'ipmi/user-password': NEW,
        },
        log,
        signal: new AbortController().signal,
        ...(keepPassword === undefined ? {} : { keepPassword }),
      });
    });
    return result;
  }

  test('follows when it was that user’s, and only then', async () => {
    const kept: string[] = [];
    const keep = async (password: string) => void kept.push(password);
    await set('ops', keep);
    assert.deepEqual(kept, []);
    assert.equal(await set('admin', keep), 'Success');
    assert.deepEqual(kept, [NEW]);
  });

  test('that cannot be stored is told, with what the BMC has', async () => {
    const fails = async () => {
      throw new ModelError(404, 'machines/1: not found');
    };
    await assert.rejects(set('admin', fails), {
      code: 404,
      message:
        /user admin has the new password on the BMC, and ipmi\/password .* set it by hand\n.*not found/,
    });
  });

  test('is stored by the plugin on the machine, sealed', async () => {
    await withRedfish({ accounts: ACCOUNTS }, async (_act, service) => {
      const stored: unknown[] = [];
      const api = {
        params: (...object: string[]) => ({
          setSecure: async (...value: unknown[]) => void stored.push([...object, ...value.slice(0, 2)]),
        }),
      };
      const action = plugin.actions.find(({ command }) => command === 'setUserPassword') as unknown as {
        run(context: object): Promise<unknown>;
      };
      const params = {
        'ipmi/mode': 'redfish',
        'ipmi/address': service.address,
        'ipmi/port-redfish': service.port,
        'ipmi/username': 'admin',
        'ipmi/password': 'redfish-pa55',
        'ipmi/user': 'admin',
        'ipmi/user-password': NEW,
      };
      const { signal } = new AbortController();
      await action.run({
        plugin: 'ipmi',
        command: 'setUserPassword',
        model: { Uuid: 'u-1' },
        params,
        api,
        log,
        signal,
      });
      assert.deepEqual(stored, [['machines', 'u-1', 'ipmi/password', NEW]]);
    });
  });
});

describe('users and passwords by IPMI', { concurrency: 4 }, () => {
  async function withIpmi(
    check: (act: (command: string, params?: object) => Promise<unknown>, bmc: FakeBmc) => Promise<void>,
    path = '/nonexistent',
  ) {
    await using bmc = await FakeBmc.start();
    bmc.machine.users.set(2, { name: 'admin', enabled: true, access: 0x34 });
    bmc.machine.users.set(3, { name: 'ops', enabled: true, access: 0x33 });
    using modes = ipmiMode(PATIENT, { path });
    const log = { info: () => {}, warn: () => {} } as unknown as Request['log'];
    const { signal } = new AbortController();
    await check(
      (command, params = {}) =>
        actOn(modes, { plugin: 'ipmi', command, params: { ...bmcParams(bmc), ...params }, log, signal }),
      bmc,
    );
  }

  test('users are listed, and a password is set', async () => {
    await withIpmi(async (act, bmc) => {
      assert.partialDeepStrictEqual(await act('getUsers'), [
        { id: 2, name: 'admin', privilege: 'administrator' },
        { id: 3, name: 'ops', privilege: 'operator' },
      ]);
      assert.equal(await act('setUserPassword', SET), 'Set User Password command successful (user 3)\n');
      assert.ok(bmc.received.some((key) => key.startsWith('06/47')));
      await assert.rejects(act('setUserPassword', { ...SET, 'ipmi/user': 'x' }), {
        code: 404,
        message: /has no user "x".*\n.*it has admin, ops/,
      });
    });
  });

  test('the program ipmitool is never given a password', async () => {
    await using tool = await fakeIpmitool('exit 0');
    await withIpmi(async (act) => {
      await assert.rejects(act('setUserPassword', { ...SET, 'ipmi/transport': 'ipmitool' }), {
        code: 501,
        message: /cannot be given a new password without showing it.*\n.*ipmi\/transport to native/,
      });
    }, tool.path);
    assert.deepEqual(await tool.calls(), []);
  });
});
