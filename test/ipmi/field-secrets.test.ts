import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RedfishService } from '../support/redfish-service/index.ts';
import { fakeIpmitool } from './fake-ipmitool.ts';
import { redfishActor, redfishMode } from './redfish-actor.ts';
import { actor, ipmitoolMode } from './request.ts';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

describe('secrets in errors', { concurrency: 4 }, () => {
  test('our own words do not change with the password', async () => {
    const said = new Set<string>();
    for (const password of [
      'right-one',
      'p',
      'address',
      'BMC',
      'redfish',
      'Systems',
      'System',
      's',
      'GET',
      'ipmi',
    ]) {
      await using service = await RedfishService.start({ password });
      service.fault = ({ uri }) => (uri.endsWith('/Systems') ? { status: 404, body: {} } : undefined);
      const act = redfishActor({ address: '127.0.0.1', port: service.port, password });
      const refused = messageOf(await act('powerstatus').catch((error: unknown) => error));
      service.die();
      const gone = messageOf(await act('powerstatus').catch((error: unknown) => error));
      said.add(`${refused}\n${gone}`.replaceAll(String(service.port), 'PORT'));
    }
    assert.equal(said.size, 1, [...said].join('\n---\n'));
    assert.match([...said].join(), /does not answer: ECONNREFUSED \(ipmi\/address, ipmi\/port-redfish\)/);
  });

  test('a BMC that repeats the password in any form does not make it known', async () => {
    const password = 'Sw0rd&fish/7';
    const basic = Buffer.from(`admin:${password}`).toString('base64');
    const forms = [password, encodeURIComponent(password), Buffer.from(password).toString('base64'), basic];
    await using service = await RedfishService.start({ password });
    const act = redfishActor(
      { ...service, address: service.address, port: service.port, password },
      redfishMode(),
    );
    for (const form of forms) {
      const said = {
        error: { '@Message.ExtendedInfo': [{ MessageId: `X.1.${form}`, MessageArgs: [form] }] },
      };
      for (const reply of [
        { status: 400, body: said },
        { status: 400, body: { error: { message: `${'y'.repeat(490)} ${form}` } } },
        { status: 200, body: { Id: form, UUID: form, Members: [] } },
        { status: 301, headers: { location: `data:${encodeURIComponent(form)}` } },
      ]) {
        service.fault = ({ uri }) => (uri.endsWith('/Systems') ? reply : undefined);
        const message = messageOf(await act('powerstatus').catch((error: unknown) => error));
        for (const secret of [...forms, password.slice(0, 8)]) {
          assert.ok(!`${message}\n${act.lines.join('\n')}`.includes(secret), message);
        }
      }
    }
  });

  test('what ipmitool prints is masked, also where it is only quoted', async () => {
    const bmc = { address: '10.0.0.1', username: 'admin', password: 'p1ssw-x' };
    await using fake = await fakeIpmitool(
      'echo "state of $IPMI_PASSWORD is odd"; echo "no: $IPMI_PASSWORD" >&2; exit 0',
    );
    const act = actor(ipmitoolMode({ path: fake.path }), bmc);
    const params = { 'ipmi/result-format': 'json' };
    for (const call of [() => act('powerstatus', params), () => act('getBoot')]) {
      await assert.rejects(call, ({ message }: Error) => {
        assert.match(message, /state of \*\*\* is odd/);
        assert.ok(!message.includes('p1ssw-x'));
        return true;
      });
    }
  });
});
