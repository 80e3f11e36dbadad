import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ApiStandIn } from './api-stand-in.ts';
import { Client } from './client.ts';
import { Runner } from './runner.ts';

test('an action on many machines', async (t) => {
  await using client = await Client.open();
  const { running } = client;
  const names = Array.from({ length: 12 }, (_, index) => `cow${String(index).padStart(2, '0')}`);
  // Every third lacks what the action needs.
  for (const [index, Name] of names.entries()) {
    const Params = index % 3 === 0 ? {} : { 'cow/name': Name };
    const { Uuid } = await running.ok('POST', 'machines', {
      Name,
      Description: index < 6 ? 'north' : 'south',
      Params,
    });
    await running.secret(`machines/${Uuid}`, 'cow/secret', 'quiet');
  }
  const file = join(running.root, 'results.jsonl');
  const fleet = (...args: string[]) => client.run(['fleet', 'milk', ...args]);
  const lines = () =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  await t.test('tells what failed and why, and keeps all results', async () => {
    const { code, stdout } = await fleet('Description', 'Eq', 'north', '--at-once', '2', '--results', file);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^cow00 cow03: Action milk Missing Parameter cow\/name\n6 machines: 4 succeeded, 2 failed\n$/,
    );
    assert.equal(lines().length, 6);
    const { Name, Action, Ok, Result } = lines().find((line) => line.Name === 'cow01');
    assert.deepEqual([Name, Action, Ok, Result.name], ['cow01', 'milk', true, 'cow01']);
  });

  await t.test('is taken up where it was broken off: what succeeded is left out', async () => {
    appendFileSync(file, '{"Uuid":"cut sho');
    const { code, stdout, stderr } = await fleet('--results', file);
    assert.equal(code, 1);
    assert.match(stderr, /^4 of 12 machines are left out: see /m);
    assert.match(stdout, /^8 machines: 4 succeeded, 4 failed$/m);
  });

  await t.test('is tried again where it failed', async () => {
    for (const Name of ['cow00', 'cow03']) {
      await running.ok('POST', `machines/Name:${Name}/params/cow/name`, `"${Name}"`, 200);
    }
    const again = await fleet('--retry-failed', file);
    assert.deepEqual([again.code, again.stdout.split('\n').at(-2)], [1, '4 machines: 2 succeeded, 2 failed']);
    for (const Name of ['cow06', 'cow09']) {
      await running.ok('POST', `machines/Name:${Name}/params/cow/name`, `"${Name}"`, 200);
    }
    assert.deepEqual(await fleet('--retry-failed', file), {
      code: 0,
      stdout: '2 machines: 2 succeeded, 0 failed\n',
      stderr: '10 of 12 machines are left out: see '.concat(file, '\n'),
    });
    assert.match((await fleet('--results', file)).stdout, /^0 machines: 0 succeeded, 0 failed$/m);
  });

  await t.test('is refused for a file of something else, and a number that is none', async () => {
    const other = await client.run(['fleet', 'whoami', '--results', file]);
    assert.match(other.stderr, /has results of milk, not of whoami/);
    const text = await client.run(['fleet', 'milk', '--results', join(import.meta.dirname, 'client.ts')]);
    assert.match(text.stderr, /line 1 is not a result of drpkit fleet/);
    assert.match(
      (await fleet('--at-once', '0')).stderr,
      /at-once: expected a number from 1 to 1000, found 0/,
    );
  });
});

test('a text that the action returns is shown, and that no machine matches is said', async () => {
  const machines = ['web2', 'web1', 'db1'].map((Name) => ({ Name, Uuid: Name }));
  const said = { web1: 'on', web2: 'on', db1: 'off' };
  const answers = Object.entries(said).map(([Uuid, power]) => [
    `POST machines/${Uuid}/actions/powerstatus`,
    JSON.stringify(`Chassis Power is ${power}\n`),
  ]);
  await using api = await ApiStandIn.open({
    'GET machines': machines,
    'GET machines?Pool=Eq(lab)': [],
    ...Object.fromEntries(answers),
  });
  using drpkit = new Runner(api.env);
  const all = await drpkit.run(['fleet', 'powerstatus', '--at-once', '1']);
  const lines = [
    'web1 web2: Chassis Power is on',
    'db1: Chassis Power is off',
    '3 machines: 3 succeeded, 0 failed',
  ];
  assert.deepEqual(all, { code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
  const none = await drpkit.run(['fleet', 'powerstatus', 'Pool', 'Eq', 'lab']);
  assert.equal(none.stderr, 'No machine matches Pool Eq lab\n');
});
