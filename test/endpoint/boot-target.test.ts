import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { followBootTargets } from '../../lib/endpoint/host/boot-target.ts';
import { Contents } from '../../lib/endpoint/state/contents.ts';
import { Events } from '../../lib/endpoint/state/events.ts';
import { Logs } from '../../lib/endpoint/state/logs.ts';
import { Objects } from '../../lib/endpoint/state/objects.ts';
import { Params } from '../../lib/endpoint/state/params.ts';
import { Store } from '../../lib/endpoint/state/store.ts';
import { ModelError, type RawModel } from '../../lib/models/index.ts';

const REQUESTER = { principal: 'test', method: 'PATCH' };

test('a BMC is told what to boot from when the boot environment wants the other, where the machine says so', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  const store = new Store(join(root, 'endpoint.db'), { machines: ['Name'] });
  const events = new Events();
  const objects = new Objects(store, new Params(store), events);
  new Contents(objects).ensureBasics();
  const logs = new Logs(events);
  const ran: string[] = [];
  let fails = false;
  const run = async ({ found }: { found: { object: RawModel } }, command: string) => {
    ran.push(`${found.object.Name} ${command}`);
    if (fails) throw new ModelError(502, 'the BMC is gone');
  };
  const end = followBootTargets({ objects, events, actions: { run }, logs });
  const pxelinux = { Name: 'pxelinux', Path: 'p', Contents: 'x' };
  for (const Name of ['net', 'net-again'])
    objects.create('bootenvs', { Name, OS: { Name: 'net' }, Kernel: 'k', Templates: [pxelinux] }, REQUESTER);
  const both = { 'ipmi/enabled': true, 'ipmi/auto-boot-target': true };
  objects.create('profiles', { Name: 'bmc', Params: both }, REQUESTER);
  const boot = async (Name: string, BootEnv: string) => {
    const found = objects.get('machines', `Name:${Name}`, REQUESTER);
    objects.update(found, { ...found.object, BootEnv }, REQUESTER);
    await turn();
    return ran.splice(0);
  };
  objects.create('machines', { Name: 'with', Profiles: ['bmc'] }, REQUESTER);
  objects.create('machines', { Name: 'without', Params: { 'ipmi/enabled': true } }, REQUESTER);
  assert.deepEqual(await boot('with', 'net'), ['with forcebootpxe']);
  assert.deepEqual(await boot('with', 'net-again'), []);
  assert.deepEqual(await boot('without', 'net'), []);
  fails = true;
  assert.deepEqual(await boot('with', 'local'), ['with forcebootdisk']);
  await turn();
  assert.match(String(logs.lines().at(-1)?.Message), /^forcebootdisk of machine .*: the BMC is gone$/);
  end();
  assert.deepEqual(await boot('with', 'net'), []);
  store.close();
  await rm(root, { recursive: true });
});
