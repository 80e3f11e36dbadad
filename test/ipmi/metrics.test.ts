import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CallMetrics } from '../../cmd/ipmi/metrics.ts';
import { type PageSample, readPage } from '../metrics/page.ts';
import { FakeBmc } from '../support/fake-bmc/fake-bmc.ts';
import { ProviderProcess } from '../support/provider-process.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');
const NOW = { sessions: 0, consoles: 0, refused: 0, version: 'v1.0.0' };

/** The numbers of a metric, by its labels without their names. */
function numbers(samples: readonly PageSample[], metric: string): Record<string, number> {
  const own = samples.filter(({ name }) => name === metric);
  return Object.fromEntries(own.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

test('the route /metrics tells calls, failures, BMCs and sessions, and no secret', async () => {
  const password = 'pw-never-shown';
  await using bmc = await FakeBmc.start({ password });
  await using provider = await ProviderProcess.start([process.execPath, MAIN]);
  const call = async (command: string, params: Record<string, unknown> = {}) => {
    const Params = {
      'ipmi/mode': 'ipmitool',
      'ipmi/transport': 'native',
      'ipmi/address': bmc.address,
      'ipmi/port-ipmitool': bmc.port,
      'ipmi/username': bmc.username,
      'ipmi/password': password,
      ...params,
    };
    return (await provider.action(command, { CommandSet: 'machines', Model: {}, Params })).status;
  };
  const page = async () => {
    const { status, headers, text } = await provider.send('GET', '/plugin-apis/ipmi/metrics');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    return text;
  };
  assert.deepEqual(numbers(readPage(await page()), 'ipmi_bmcs_known'), { '': 0 });

  const closed = { 'ipmi/mode': 'redfish', 'ipmi/address': '127.0.0.9', 'ipmi/port-redfish': 1 };
  assert.equal(await call('powerstatus'), 200);
  assert.equal(await call('powerstatus'), 200);
  assert.equal(await call('poweron', { 'ipmi/password': `${password}-not` }), 403);
  assert.equal(await call('powerstatus', closed), 404);
  assert.equal(await call('powerstatus', { 'ipmi/mode': 'telepathy' }), 404);
  assert.equal(await call('unheard-of'), 404);

  const text = await page();
  const samples = readPage(text);
  assert.deepEqual(numbers(samples, 'ipmi_calls_total'), {
    'powerstatus native success': 2,
    'poweron native failure': 1,
    'powerstatus redfish failure': 1,
    'powerstatus none failure': 1,
  });
  assert.deepEqual(numbers(samples, 'ipmi_failures_total'), { login: 1, timeout: 1, missing: 1 });
  assert.equal(numbers(samples, 'ipmi_call_duration_seconds_count')['powerstatus native'], 2);
  for (const [metric, value] of [
    ['ipmi_bmcs_known', 2],
    ['ipmi_bmcs_silent', 1],
    ['ipmi_calls_running', 0],
    ['ipmi_calls_refused_total', 0],
    ['ipmi_consoles_open', 0],
  ] as const)
    assert.deepEqual(numbers(samples, metric), { '': value }, metric);
  assert.ok((numbers(samples, 'ipmi_uptime_seconds')[''] ?? 0) > 0);
  for (const secret of [password, bmc.address, '127.0.0.9']) assert.ok(!text.includes(secret), secret);
  assert.equal((await provider.send('POST', '/plugin-apis/ipmi/metrics')).status, 405);
});

test('a BMC that answers again is not silent any more, and those called last are kept', async () => {
  const metrics = new CallMetrics(['powerstatus']);
  const call = (address: string, fails: boolean) =>
    metrics
      .counted({ command: 'powerstatus', params: { 'ipmi/address': address } }, async (onTransport) => {
        onTransport('native');
        if (fails) throw Object.assign(new Error('late'), { Code: 504, Type: 'rpc', Messages: [] });
      })
      .catch(() => {});
  const gauges = () => {
    const samples = readPage(String(metrics.answer({ method: 'GET' }, NOW).body));
    return ['ipmi_bmcs_known', 'ipmi_bmcs_silent'].map((metric) => numbers(samples, metric)['']);
  };
  await call('one', true);
  await call('other', true);
  assert.deepEqual(gauges(), [2, 2]);
  await call('one', false);
  assert.deepEqual(gauges(), [2, 1]);
  for (let i = 0; i < 10_050; i += 1) await call(`10.0.0.${i}`, i % 2 === 0);
  assert.deepEqual(gauges(), [10_000, 5_000]);
});
