import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Machine } from '../../lib/api/index.ts';
import { readStore } from '../../lib/content/index.ts';
import { ADMIN, startMachineBmc } from '../content-packs/machine-bmc.ts';
import { missing } from '../content-packs/renderer.ts';
import { VirtualBox } from '../support/fake-vboxmanage/index.ts';
import { IPMITOOL_HOME } from '../support/ipmitool-home.ts';
import { MetalService } from '../support/metal-service/index.ts';
import { Scene } from './scene.ts';

const project = join(import.meta.dirname, '../..');
const skip = await missing('ipmi_sim', 'ipmitool', 'jq', 'bash', 'setsid', 'curl');

suite('workflows of our packs, run by an agent with drpkit as drpcli', { skip, concurrency: false }, () => {
  let scene: Scene;
  const cleanup = new AsyncDisposableStack();
  before(async () => {
    scene = cleanup.use(await Scene.open());
    for (const name of ['ipmi', 'packet-ipmi', 'virtualbox-ipmi']) {
      const { bundle } = await readStore(join(project, 'content', name));
      const { Prerequisites: _, ...meta } = bundle.meta;
      await scene.api.contents().create({ meta: { ...meta, Name: name }, sections: bundle.sections });
    }
    // Those of drp-community-content, as far as the workflows name them.
    for (const Name of ['discover', 'sledgehammer-wait']) await scene.api.objects('stages').create({ Name });
  });
  after(() => cleanup.disposeAsync());

  /** Programs that are not those of this computer: shell scripts. */
  const programs = async (scripts: Readonly<Record<string, string>>) => {
    const folder = scene.path('programs');
    await mkdir(folder, { recursive: true });
    const made: Record<string, string> = { drpcli: join(project, 'scripts/drpkit') };
    for (const [name, script] of Object.entries({ sleep: '', modprobe: 'exit 1', ...scripts })) {
      made[name] = join(folder, name);
      await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return made;
  };

  const machineWith = async (Name: string, Workflow: string, params: Readonly<Record<string, unknown>>) => {
    const machine = await scene.api.objects('machines').create({ Name });
    const own = scene.api.params('machines', machine.Uuid);
    for (const [name, value] of Object.entries(params)) {
      const { Secure } = await scene.api.objects('params').get(name);
      await (Secure ? own.setSecure(name, value) : own.set(name, value));
    }
    return scene.api
      .objects('machines')
      .patch(machine.Uuid, [{ op: 'replace', path: '/Workflow', value: Workflow }]);
  };

  /** Fails with the logs of the jobs, when one of them is not finished. */
  const ranAll = async (machine: Machine) => {
    const jobs = await scene.jobs(machine);
    const bad = jobs.filter(({ State }) => State !== 'finished');
    assert.deepEqual(bad, [], (await Promise.all(bad.map((job) => scene.log(job)))).join('\n'));
    return jobs.map(({ Task }) => Task);
  };

  test('ipmi: what discover, configure and inventory set is what the BMC says, and the login works', async () => {
    const bmc = await startMachineBmc();
    cleanup.defer(() => bmc.close());
    const login = `-I lanplus -C 3 -N 1 -R 3 -H 127.0.0.1 -p ${bmc.port} -U ${ADMIN.username} -E`;
    const found = await programs({
      // The BMC of this machine is reached over the network, in place of the kernel's driver.
      ipmitool: `PATH="\${PATH#*:}" HOME='${IPMITOOL_HOME}' IPMI_PASSWORD=${ADMIN.password} exec ipmitool ${login} "$@"`,
      dmidecode: 'echo "Example Corp"',
    });
    await scene.api.objects('stages').create({ Name: 'ipmi-find', Tasks: ['ipmi-discover'] });
    const Stages = ['ipmi-find', 'ipmi-configure', 'ipmi-inventory'];
    await scene.api.objects('workflows').create({ Name: 'ipmi-setup', Stages });
    const machine = await machineWith('bmc1', 'ipmi-setup', {
      'ipmi/configure/network': true,
      'ipmi/configure/ip-mode': 'static',
      'ipmi/configure/address': '10.0.0.77',
      'ipmi/configure/netmask': '255.255.255.0',
      'ipmi/configure/gateway': '10.0.0.254',
      'ipmi/configure/reserve-ip': false,
      'ipmi/configure/user': true,
      'ipmi/configure/username': 'operator',
      'ipmi/configure/password': 'Pa$$ "w0rd" #1',
    });
    await scene.run(machine, { programs: found });
    assert.deepEqual(await ranAll(machine), [
      'ipmi-install',
      'ipmi-discover',
      'ipmi-configure',
      'ipmi-run-commands',
      'ipmi-inventory',
    ]);
    const lan = await bmc.ipmitool(ADMIN.username, ADMIN.password, 'lan', 'print', '1');
    const says = (what: string) => new RegExp(`^${what} +: (.*?)$`, 'm').exec(lan)?.[1];
    const params = await scene.api.params('machines', machine.Uuid).all({ decode: true });
    assert.equal(params['ipmi/enabled'], true);
    assert.deepEqual(
      ['address', 'netmask', 'gateway', 'macaddr', 'ipsrc'].map((name) => params[`ipmi/${name}`]),
      ['IP Address', 'Subnet Mask', 'Default Gateway IP', 'MAC Address', 'IP Address Source'].map(says),
    );
    assert.equal(params['ipmi/address'], '10.0.0.77');
    assert.deepEqual([params['ipmi/username'], params['ipmi/password']], ['operator', 'Pa$$ "w0rd" #1']);
    const info = await bmc.ipmitool('operator', String(params['ipmi/password']), 'mc', 'info');
    assert.match(info, /Manufacturer ID/);
    for (const job of await scene.jobs(machine)) assert.doesNotMatch(await scene.log(job), /w0rd/);
  });

  test('packet-ipmi: the machine knows which device of the cloud it is, and lets its keys in', async () => {
    const metal = cleanup.use(await MetalService.start());
    const device = metal.addDevice({ hostname: 'device1' });
    const ssh_keys = ['ssh-ed25519 AAAA one@example.com'];
    const service = createServer((_request, response) => {
      response.end(JSON.stringify({ id: device.id, facility: 'ewr1', ssh_keys }));
    });
    cleanup.defer(() => service.closeAllConnections());
    cleanup.defer(async () => void service.close());
    await once(service.listen(0, '127.0.0.1'), 'listening');
    const home = scene.path('home');
    const found = await programs({ getent: `echo "root:x:0:0:root:${home}:/bin/bash"` });
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const machine = await machineWith('device1', 'discover-packet', { 'packet/metadata-url': url });
    await scene.run(machine, { programs: found });
    assert.deepEqual(await ranAll(machine), ['packet-discover', 'packet-console', 'packet-ssh-keys']);
    const { Params, Profiles } = await scene.now(machine);
    assert.equal(Params?.['packet/uuid'], device.id);
    assert.equal(Params?.['packet/sos'], `${device.id}@sos.ewr1.packet.net`);
    assert.deepEqual(Profiles, ['packet-console']);
    assert.match(
      await readFile(join(home, '.ssh/authorized_keys'), 'utf8'),
      /^ssh-ed25519 AAAA one@example\.com$/m,
    );
  });

  test('virtualbox-ipmi: the machine knows which VM it is', async () => {
    const box = cleanup.use(await VirtualBox.open());
    await box.run('createvm', '--name', 'vm1', '--register');
    const uuid = box.vm('vm1')?.id;
    assert.ok(uuid);
    const found = await programs({
      dmidecode: `case $2 in system-product-name) echo VirtualBox ;; *) echo ${uuid} ;; esac`,
    });
    const machine = await machineWith('vm1', 'discover-virtualbox', { 'virtualbox/id': uuid.toUpperCase() });
    await scene.run(machine, { programs: found });
    assert.deepEqual(await ranAll(machine), ['virtualbox-discover-uuid']);
    assert.equal((await scene.now(machine)).Params?.['virtualbox/id'], uuid.toUpperCase());
  });
});
