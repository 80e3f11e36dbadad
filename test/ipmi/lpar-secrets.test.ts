import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { HmcService, PARTITION } from '../support/hmc-service/index.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../cmd/ipmi/main.ts');

test('neither the password nor the session of an HMC is in anything that the plugin writes, and a stop closes the session', async () => {
  await using hmc = await HmcService.start();
  await using provider = await ProviderProcess.start([process.execPath, MAIN]);
  hmc.password = 'hmc-pa55-word';
  const act = (command: string, over: Record<string, unknown> = {}) =>
    provider.action(
      command,
      {
        CommandSet: 'machines',
        Model: {},
        Params: {
          'ipmi/mode': 'lpar',
          'ipmi/address': '127.0.0.1',
          'ipmi/port-lpar': hmc.port,
          'ipmi/lpar-id': PARTITION,
          'ipmi/username': hmc.username,
          'ipmi/password': hmc.password,
          ...over,
        },
      },
      { 'x-log-request': 'trace' },
    );
  const tokens: string[] = [];
  const answers = [await act('powerstatus'), await act('poweron', { 'ipmi/password': 'hmc-pa55-word-not' })];
  hmc.fault = 'broken';
  answers.push(await act('poweron'));
  hmc.fault = 'no-logoff';
  answers.push(await act('powerstatus'));
  tokens.push(...hmc.sessions.values(), ...hmc.sessions.keys());
  hmc.sessions.clear();
  hmc.fault = 'silent';
  const stuck = act('poweron');
  await until(() => hmc.sessions.size === 1, 'the session');
  tokens.push(...hmc.sessions.values(), ...hmc.sessions.keys());
  assert.equal((await provider.post('stop')).status, 200);
  answers.push(await stuck);
  assert.equal(hmc.sessions.size, 0);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 403, 502, 200, 503],
  );
  const written = [
    JSON.stringify(provider.endpoint.posts),
    provider.stdout,
    provider.stderr,
    ...answers.map(({ text }) => text),
  ].join('\n');
  assert.match(written, /the session stays open/);
  assert.equal(tokens.length, 4);
  for (const secret of ['hmc-pa55-word', ...tokens]) assert.ok(!written.includes(secret));
});
