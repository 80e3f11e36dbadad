import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ipmitool } from '../../lib/ipmi/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';

const never = new AbortController().signal;
const NO_SESSION = 'Error: Unable to establish IPMI v2 / RMCP+ session';
const PREAMBLE = [
  'Loading IANA PEN Registry...',
  'Running Get VSO Capabilities my_addr 0x20, transit 0, target 0x20',
  'Invalid completion code received: Invalid command',
  'Discovered IPMB address 0x0',
];

/** What ipmitool 1.8.19 with `-v` printed against ipmi_sim, or (marked) what its source says that it prints. */
const CASES: [what: string, stderr: string[], code: number, message: RegExp][] = [
  ['a wrong password', ['> RAKP 2 HMAC is invalid', NO_SESSION], 403, /refuses the user name or password/],
  [
    'an unknown user',
    ['RAKP 2 message indicates an error : unauthorized name', NO_SESSION],
    403,
    /does not know the user.*ipmi\/username/,
  ],
  [
    'a user who may not be administrator (source)',
    ['RAKP 2 message indicates an error : unauthorized role requested', NO_SESSION],
    403,
    /enough privilege/,
  ],
  [
    'a wrong check value (source)',
    ['RAKP 4 message indicates an error : invalid integrity check value', NO_SESSION],
    403,
    /refuses the user name or password/,
  ],
  [
    'sessions used up (source)',
    ['Error in open session response message : insufficient resources for session', '', NO_SESSION],
    503,
    /has no session free/,
  ],
  [
    'a dead address',
    [
      'Get Auth Capabilities error',
      'Error issuing Get Channel Authentication Capabilities request',
      NO_SESSION,
    ],
    504,
    /does not answer \(ipmi\/address, ipmi\/port-ipmitool\)/,
  ],
  [
    'an unknown host name',
    ['Address lookup for nosuch.invalid failed', 'Could not open socket!', NO_SESSION],
    504,
    /host name has no address \(ipmi\/address\)/,
  ],
  [
    'silence in the middle of the login (source)',
    [
      '> Error: no response from RAKP 1 message',
      'Set Session Privilege Level to ADMINISTRATOR failed',
      NO_SESSION,
    ],
    504,
    /stopped answering at the login/,
  ],
  [
    'silence after the login',
    [...PREAMBLE, 'Unable to set Chassis Power Control to Up/On', 'Close Session command failed'],
    504,
    /stopped answering/,
  ],
  [
    'IPMI 1.5 (source)',
    ['This BMC does not support IPMI v2 / RMCP+', NO_SESSION],
    501,
    /does not speak IPMI 2\.0/,
  ],
  [
    'a privilege level that the user does not reach (source)',
    ['Set Session Privilege Level to ADMINISTRATOR failed: Insufficient privilege level', NO_SESSION],
    403,
    /enough privilege/,
  ],
  [
    'a command above the user',
    [...PREAMBLE, 'Set Chassis Power Control to Up/On failed: Insufficient privilege level'],
    403,
    /enough privilege: administrator is needed/,
  ],
  [
    'an unknown command',
    [
      ...PREAMBLE,
      'Unable to send RAW command (channel=0x0 netfn=0x0 lun=0x0 cmd=0x77 rsp=0xc1): Invalid command',
    ],
    501,
    /does not support this command/,
  ],
  [
    'a state in which it cannot be done (source)',
    ['Set Chassis Power Control to Cycle failed: Command not supported in present state'],
    409,
    /cannot do this in its present state/,
  ],
  ['a busy controller (source)', ['Get Chassis Power Status failed: Node busy'], 503, /is busy/],
  [
    'a failure of the chassis',
    [...PREAMBLE, 'Set Chassis Power Control to Up/On failed: Unspecified error'],
    502,
    /ipmitool failed with code 1/,
  ],
  ['no reason but no session', [NO_SESSION], 502, /opened no session/],
  ['no reason at all', [], 502, /ipmitool failed with code 1$/],
];

for (const [what, stderr, code, message] of CASES) {
  test(`${what} is told as what it is`, async () => {
    await using fake = await fakeIpmitool('cat words >&2; exit 1');
    await fake.put('words', stderr.map((line) => `${line}\n`).join(''));
    const call = new Ipmitool({ path: fake.path }).withBmc(
      { address: '10.9.8.7', username: 'admin', password: 'p4ssw0rd', cipherSuite: 3 },
      never,
      (run) => run(['chassis', 'power', 'on']),
    );
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ModelError);
      assert.equal(error.code, code);
      assert.deepEqual([error.model, error.key, error.type], ['plugin', 'ipmi', 'rpc']);
      const [first = '', ...quoted] = error.messages;
      assert.match(first, message);
      assert.match(first, /^BMC 10\.9\.8\.7:623: /);
      const expected = stderr.filter((line) => line !== '' && !PREAMBLE.includes(line));
      assert.deepEqual(
        quoted,
        expected.map((line) => `ipmitool: ${line}`),
      );
      return true;
    });
  });
}

test('a password that the tool prints does not reach the error, nor do lines without end', async () => {
  await using fake = await fakeIpmitool(
    'for n in 1 2 3 4 5 6 7 8 9; do echo "$n $IPMI_PASSWORD" >&2; done; exit 3',
  );
  const call = new Ipmitool({ path: fake.path }).withBmc(
    { address: 'a', username: 'admin', password: 'kept-out' },
    never,
    (run) => run(['mc', 'info']),
  );
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof ModelError);
    assert.doesNotMatch(JSON.stringify(error) + error.stack, /kept-out/);
    assert.equal(error.messages.length, 6);
    assert.match(error.messages[0] ?? '', /failed with code 3/);
    return true;
  });
});

test('a tolerant call gives what was printed when the login worked, and fails when it did not', async () => {
  await using fake = await fakeIpmitool('cat words >&2; echo half; exit 1');
  const ipmitool = new Ipmitool({ path: fake.path });
  const call = () =>
    ipmitool.withBmc({ address: 'a', username: 'admin', password: 'x' }, never, (run) =>
      run(['fru', 'print'], { tolerant: true }),
    );
  await fake.put('words', 'Get Device ID command failed\n');
  assert.equal((await call()).stdout, 'half\n');
  await fake.put('words', `${NO_SESSION}\n`);
  await assert.rejects(call(), { code: 502 });
});
