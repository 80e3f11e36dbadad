import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { KINDS } from '../../cmd/drpkit/objects/kinds.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { ApiStandIn } from './api-stand-in.ts';
import { Runner } from './runner.ts';

const SUBNET = { Name: 'lab', Options: [{ Code: 6, Value: '8.8.8.8' }], Pickers: [] };

test('commands that one type of objects has', async (t) => {
  await using api = await ApiStandIn.open({
    'GET info': { features: ['selective-job-purge'] },
    'GET jobs/j1/log': 'a line\n',
    'GET jobs/j1/actions?os=linux': [{ Name: 'a' }],
    'GET jobs/j1/plugin_actions': [{ Command: 'retry' }],
    'GET jobs/j1/plugin_actions/retry?plugin=again': { Command: 'retry' },
    'GET machines/Name:web1': { Uuid: 'm1', Name: 'web1' },
    'GET subnets/lab': SUBNET,
    'GET pools/blue/status': { m1: 'Free' },
    'GET pools-active': ['default'],
    'GET plugin_providers/hello/binary': 'ELF',
  });
  using drpkit = new Runner(api.env);
  /** What the command asks for last. */
  const asks = async (...argv: string[]) => {
    api.taken();
    await drpkit.text(...argv);
    return api.taken().at(-1);
  };

  await t.test('jobs: log is shown, and added to', async () => {
    assert.equal(await drpkit.text('jobs', 'log', 'j1'), 'a line\n');
    assert.deepEqual(await asks('jobs', 'log', 'j1', 'more'), { what: 'PUT jobs/j1/log', body: 'more' });
  });

  await t.test('jobs: what the task does, and actions of plugins, are two things', async () => {
    assert.deepEqual(await drpkit.json('jobs', 'actions', 'j1', '--for-os', 'linux'), [{ Name: 'a' }]);
    assert.deepEqual(await drpkit.json('jobs', 'plugin_actions', 'j1'), [{ Command: 'retry' }]);
    assert.deepEqual(await drpkit.json('jobs', 'plugin_action', 'j1', 'again:retry'), { Command: 'retry' });
    assert.deepEqual(await asks('jobs', 'runplugin_action', 'j1', 'retry', 'a', '1'), {
      what: 'POST jobs/j1/plugin_actions/retry',
      body: { a: 1 },
    });
  });

  await t.test('jobs: are created from an object, or for a machine by its name', async () => {
    const created = { what: 'POST jobs', body: { Machine: 'm1' } };
    assert.deepEqual(await asks('jobs', 'create', '{"Machine": "m1"}'), created);
    assert.deepEqual(await asks('jobs', 'create', 'web1'), created);
    assert.equal(
      await drpkit.error('jobs', 'create', 'web2'),
      'Error: Unable to create new Job: Invalid machine web2',
    );
  });

  await t.test('jobs: are purged as flags say', async () => {
    const { what } = (await asks('jobs', 'purge', '--dry-run', '--jobs-to-keep', '3')) ?? {};
    assert.equal(what, 'DELETE jobs?dryrun=true&jobsToKeep=3');
  });

  await t.test('subnets: fields and options are set', async () => {
    const change = async (...argv: string[]) => {
      const { body } = (await asks('subnets', ...argv)) ?? {};
      return (body as { op: string; path: string; value?: unknown }[])
        .filter(({ op }) => op !== 'test')
        .map(({ path, value }) => [path, value]);
    };
    assert.deepEqual(await change('range', 'lab', '10.0.0.2', '10.0.0.9'), [
      ['/ActiveStart', '10.0.0.2'],
      ['/ActiveEnd', '10.0.0.9'],
    ]);
    assert.deepEqual(await change('leasetimes', 'lab', '60', '7200'), [
      ['/ActiveLeaseTime', 60],
      ['/ReservedLeaseTime', 7200],
    ]);
    assert.deepEqual(await change('nextserver', 'lab', '10.0.0.1'), [['/NextServer', '10.0.0.1']]);
    assert.deepEqual(await change('pickers', 'lab', 'hint,nextFree'), [['/Pickers', ['hint', 'nextFree']]]);
    const options = (...all: object[]) => [['/Options', all]];
    const [dns] = SUBNET.Options;
    assert.deepEqual(await change('set', 'lab', 'option', '6', 'to', 'x'), options({ Code: 6, Value: 'x' }));
    assert.deepEqual(
      await change('set', 'lab', 'option', '3', 'to', 'y'),
      options(dns ?? {}, { Code: 3, Value: 'y' }),
    );
    assert.deepEqual(await change('set', 'lab', 'option', '6', 'to', 'null'), options());
    assert.equal(await drpkit.text('subnets', 'get', 'lab', 'option', '6'), 'Option 6: 8.8.8.8\n');
    assert.equal(
      await drpkit.error('subnets', 'get', 'lab', 'option', '3'),
      'Error: option 3 does not exist',
    );
    assert.equal(await drpkit.error('subnets', 'nextserver', 'lab', 'x'), 'Error: x is not a valid IPv4');
  });

  await t.test('pools: machines are moved', async () => {
    assert.deepEqual(await drpkit.json('pools', 'status', 'blue'), { m1: 'Free' });
    assert.deepEqual(await drpkit.json('pools', 'active'), ['default']);
    const add = ['pools', 'manage', 'add', 'blue', 'Name=web1', '--source-pool', 'red'];
    assert.deepEqual(await asks(...add, '--add-profiles', 'a, b', '--add-parameters', '{x: 1}'), {
      what: 'POST pools/blue/addMachines?source-pool=red',
      body: {
        'pool/all-machines': false,
        'pool/count': 1,
        'pool/minimum': 1,
        'pool/add-profiles': ['a', 'b'],
        'pool/add-parameters': { x: 1 },
        'pool/filter': ['Name=web1'],
      },
    });
    assert.equal(
      await drpkit.error('pools', 'manage', 'release', 'blue', '--count', '2', '--all-machines'),
      'Error: Must choose count or all-machines, but not both',
    );
  });

  await t.test('plugin_providers: an executable is downloaded', async () => {
    assert.equal(await drpkit.text('plugin_providers', 'download', 'hello'), 'ELF');
  });

  await t.test('objects without a Name are created from a mere text where that is their key', async () => {
    assert.deepEqual(await asks('pools', 'create', 'green'), { what: 'POST pools', body: { Id: 'green' } });
    assert.equal(
      await drpkit.error('subnets', 'create', 'green'),
      'Error: Unable to create a new subnet by name',
    );
  });

  await t.test('types have only what they can have', async () => {
    const commands = async (kind: string) => {
      const text = await drpkit.text(kind);
      return [...text.matchAll(/^ {2}(\w+) {3,}/gm)].map(([, name]) => name);
    };
    const interfaces = await commands('interfaces');
    assert.deepEqual(interfaces, ['count', 'etag', 'exists', 'indexes', 'list', 'show', 'wait']);
    const leases = await commands('leases');
    assert.ok(leases.includes('destroy') && !leases.includes('create') && !leases.includes('update'));
    assert.ok(!(await commands('roles')).includes('params'));
  });
});

test('every type is listed and counted by a development endpoint, and has indexes', async () => {
  await using running = await Running.open();
  using drpkit = new Runner({ RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token });
  for (const { prefix } of KINDS) {
    const listed = (await drpkit.json(prefix, 'list')) as unknown[];
    if (prefix !== 'interfaces') assert.equal(await drpkit.json(prefix, 'count'), listed.length, prefix);
    if (prefix === 'plugin_providers' || prefix === 'interfaces') continue;
    assert.ok(Object.keys((await drpkit.json(prefix, 'indexes')) as object).includes('Key'), prefix);
  }
});

test('templates and boot environments are made from files', async () => {
  await using running = await Running.open();
  using drpkit = new Runner(
    { RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token },
    running.root,
  );
  for (const folder of ['bootenvs', 'templates']) await mkdir(join(running.root, folder));
  await writeFile(join(running.root, 'templates/boot.tmpl'), 'boot {{.Machine.Name}}');
  const bootEnv = '{Name: rescue, OS: {Name: rescue}, Templates: [{Name: boot, Path: boot, ID: boot.tmpl}]}';
  await writeFile(join(running.root, 'bootenvs/rescue.yaml'), bootEnv);
  const uploaded = await drpkit.json('templates', 'upload', 'templates/boot.tmpl', 'as', 'other.tmpl');
  assert.equal((uploaded as RawModel).Contents, 'boot {{.Machine.Name}}');
  const installed = await drpkit.json('bootenvs', 'install', 'bootenvs/rescue.yaml', '--skip-download');
  assert.equal((installed as RawModel).Name, 'rescue');
  assert.equal((await running.ok('GET', 'templates/boot.tmpl')).Contents, 'boot {{.Machine.Name}}');
  assert.match(await drpkit.error('bootenvs', 'install', 'nothing.yaml'), /^Error: .*nothing\.yaml/);
});
