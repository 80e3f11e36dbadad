import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from './running-endpoint.ts';

const COMMON = { Validated: true, Available: true, Errors: [], ReadOnly: false, Meta: {}, Endpoint: '' };

test('objects of every kind are kept with the fields of version 4, and no others', async () => {
  await using running = await Running.open();
  for (const [prefix, given, expected] of [
    [
      'contexts',
      { Name: 'ctx', Image: 'i', Id: 'x', Type: 'y' },
      { Bundle: '', Name: 'ctx', Image: 'i', Engine: '', Description: '', Documentation: '' },
    ],
    [
      'version_sets',
      { Id: 'vs', Components: [{ Type: 'CP', zip: 1 }], Plugins: null, Files: [{ Path: 'a' }], Type: 'y' },
      {
        Bundle: '',
        Id: 'vs',
        Documentation: '',
        Description: '',
        Apply: false,
        DRPVersion: '',
        DRPUXVersion: '',
        Components: [{ Type: 'CP', Version: '', Name: '', ActualVersion: '' }],
        Plugins: [],
        Prefs: {},
        Files: [{ Path: 'a', Sha256Sum: '', Source: '', Explode: false }],
        Global: {},
      },
    ],
    [
      'catalog_items',
      { Id: 'ci', Tip: true },
      {
        Id: 'ci',
        Type: 'catalog_items',
        Name: '',
        ActualVersion: '',
        Version: '',
        ContentType: '',
        Source: '',
        Shasum256: {},
        NOJQSource: '',
        Tip: true,
        HotFix: false,
      },
    ],
    ['pools', { Id: 'pool' }, { Bundle: '', Id: 'pool' }],
    ['endpoints', { Id: '7:a', Apply: true }, { Bundle: '', Id: '7:a', Apply: true }],
    [
      'roles',
      { Name: 'role', Claims: [{ scope: '*', action: '*', specific: '*', zip: 1 }] },
      {
        Bundle: '',
        Name: 'role',
        Claims: [{ scope: '*', action: '*', specific: '*' }],
        Description: '',
        Documentation: '',
      },
    ],
    [
      'tenants',
      { Name: 'tenant', Members: { machines: ['x'] }, Users: ['rocketskates'] },
      {
        Bundle: '',
        Name: 'tenant',
        Description: '',
        Documentation: '',
        Members: { machines: ['x'] },
        Users: ['rocketskates'],
      },
    ],
  ] as const) {
    const made = await running.ok('POST', prefix, given);
    assert.deepEqual(made, { ...COMMON, ...expected }, prefix);
    assert.equal((await running.list(prefix)).length, prefix === 'roles' ? 2 : 1);
  }
});

test('what is wrong with objects of any kind is said', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'tenants', { Name: 'tenant', Users: ['rocketskates'] });
  for (const [prefix, body, expected] of [
    ['pools', { Id: '7' }, 'Invalid Id `7`'],
    ['pools', { Id: 'pool', EnterActions: { Workflow: '7' } }, 'Invalid EnterActions Workflow `7`'],
    ['pools', { Id: 'pool', ExitActions: { AddProfiles: ['7'] } }, 'Invalid ExitActions Add Profile `7`'],
    ['endpoints', { Id: '/' }, 'Invalid Id `/`'],
    ['tenants', { Name: 'other', Users: ['nobody'] }, 'User nobody does not exist'],
    [
      'tenants',
      { Name: 'other', Users: ['rocketskates'] },
      'User rocketskates already in tenant tenant, and users can only be in one tenant at a time',
    ],
  ] as const) {
    assert.equal(await running.refused(422, 'POST', prefix, { body }), expected);
  }
  const user = await running.ok('POST', 'users', { Name: 'anna', Roles: ['gone'] });
  assert.deepEqual(user.Errors, ['Role gone does not exist']);
});

test('the basic boot environments are those of a real endpoint', async () => {
  await using running = await Running.open();
  for (const [name, icon, templates] of [
    ['ignore', 'circle thin', ['pxelinux', 'ipxe', 'grub']],
    ['local', 'radio', ['pxelinux', 'ipxe', 'pxelinux-mac', 'ipxe-mac', 'grub', 'grub-mac']],
  ] as const) {
    const environment = await running.ok('GET', `bootenvs/${name}`);
    assert.deepEqual(environment.Meta, {
      color: 'green',
      'feature-flags': 'change-stage-v2',
      icon,
      title: 'Digital Rebar Provision',
    });
    assert.equal((environment.OS as { Name: string }).Name, name);
    const names = (environment.Templates as { Name: string }[]).map(({ Name }) => Name);
    assert.deepEqual(names, templates);
    assert.equal(environment.OnlyUnknown, name === 'ignore');
  }
});

test("a provider's pack can be destroyed", async () => {
  await using running = await Running.open({ providers: { cow: 'cow-provider.ts' } });
  assert.equal((await running.ok('GET', 'contents/cow')).meta !== undefined, true);
  assert.equal((await running.call('DELETE', 'contents/cow')).status, 204);
  await running.refused(404, 'GET', 'contents/cow');
});
