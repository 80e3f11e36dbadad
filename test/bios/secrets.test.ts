import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secrets } from '../security/secrets.ts';
import { ATTRIBUTES, withBios } from './contoso.ts';

/** In every secret of the BIOS that this test makes, and nowhere else. */
const MARK = `bi${process.pid}os`;
const OLD = `${MARK}-old`;
const NEW = `${MARK} "new"`;
const KEPT = `${MARK}-kept`;
const BMC = 'redfish-pa55';
const LATER = { '@Message.ExtendedInfo': [{ MessageId: 'Base.1.0.InternalError' }] };

test('passwords of a BMC and its BIOS are in no result, line of the log or error, however it ends', async () => {
  const secrets = new Secrets();
  for (const [name, secret] of Object.entries({ OLD, NEW, KEPT, BMC })) secrets.add(name, secret, 'admin');
  // A BMC that shows the passwords of its BIOS, as some do.
  const attributes = { ...ATTRIBUTES, AdminPassword: KEPT };
  await withBios({ attributes, passwords: { AdminPassword: OLD } }, async (act, service) => {
    const told: string[] = [];
    const ask = async (command: Parameters<typeof act>[0], params: Record<string, unknown> = {}) => {
      const outcome = await act(command, params).then(
        (value) => ({ text: JSON.stringify(value), ok: true }),
        (error: Error) => ({ text: `${error.stack} ${JSON.stringify(error)}`, ok: false }),
      );
      told.push(outcome.text);
      return outcome.ok;
    };
    const target = { AssetTag: 'B2', AdminPassword: NEW, Cores: 64 };
    const change = {
      'bios-password-name': 'AdminPassword',
      'bios-old-password': OLD,
      'bios-new-password': NEW,
    };
    const all = async () => [
      await ask('get'),
      await ask('get', { 'bios-format': 'values' }),
      await ask('test', { 'bios-target-configuration': target }),
      await ask('apply', { 'bios-target-configuration': target }),
      await ask('reset'),
      await ask('changePassword', change),
    ];
    const nothing = Array(6).fill(false);
    assert.deepEqual(await all(), Array(6).fill(true));
    assert.equal(await ask('changePassword', { ...change, 'bios-old-password': `${MARK}-wrong` }), false);
    assert.equal(await ask('changePassword', { ...change, 'bios-password-name': 'None' }), false);
    assert.equal(await ask('changePassword', { ...change, 'bios-new-password': [NEW] }), false);
    assert.equal(await ask('apply', { 'bios-target-configuration': [NEW] }), false);
    const wrong = { 'ipmi/password': `${MARK}-wrong` };
    assert.equal(await ask('get', wrong), false);
    assert.equal(await ask('changePassword', { ...change, ...wrong }), false);
    // Answers that quote all that they were asked with, as text and in the standard's messages.
    for (const status of [400, 500]) {
      service.fault = ({ uri, text, headers }) => {
        if (uri === '/redfish/v1/') return undefined;
        const message = `${text} ${JSON.stringify(headers)}`;
        return { status, body: { error: { message, ...LATER, MessageArgs: [text] } } };
      };
      assert.deepEqual(await all(), nothing);
    }
    service.fault = () => undefined;
    told.push(...act.lines);
    assert.ok(told.length > 25);
    for (const text of told) assert.deepEqual(secrets.in(text), [], text);
    assert.ok(!told.join().includes(MARK), 'nor wrong ones');
  });
});
