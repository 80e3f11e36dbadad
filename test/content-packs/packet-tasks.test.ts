import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { startMachine } from './machine.ts';
import { missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('curl', 'jq', 'bash');

const DEVICE = {
  id: 'd9a1c6a0-7f3b-4b52-9c61-0a1f0c0de001',
  hostname: 'm1',
  facility: 'ewr1',
  plan: 'baremetal_0',
  ssh_keys: ['ssh-ed25519 AAAA one@example.com', 'ssh-rsa BBBB two@example.com', 'bad\nline'],
};

describe('packet tasks', { skip, concurrency: 4 }, () => {
  let tasks: TaskRenderer;
  let service: Server;
  let url: string;
  before(async () => {
    tasks = await openRenderer('packet-ipmi');
    service = createServer(({ url }, response) => {
      if (url === '/cloud/metadata') return response.end(JSON.stringify(DEVICE));
      if (url === '/down/metadata') return response.writeHead(403).end('{"error": "no"}');
      if (url === '/text/metadata') return response.end('a page that says hello');
      return response.writeHead(404).end('Packet::NotFound');
    });
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  });
  after(async () => {
    service.close();
    service.closeAllConnections();
  });

  const opened: { close(): Promise<void> }[] = [];
  after(() => Promise.all(opened.map((each) => each.close())));
  const open = async (base: string) => {
    const machine = await startMachine(tasks, { 'packet/metadata-url': base });
    opened.push(machine);
    await machine.install('getent', 'echo "root:x:0:0:root:$MACHINE/root:/bin/bash"');
    return machine;
  };

  test('packet-discover records which device the machine is', async () => {
    const machine = await open(`${url}/cloud`);
    const { code, log } = await machine.run('packet-discover');
    assert.equal(code, 0, log);
    assert.deepEqual(await machine.params(), {
      'packet/metadata-url': `${url}/cloud`,
      'packet/uuid': DEVICE.id,
      'packet/facility': 'ewr1',
      'packet/plan': 'baremetal_0',
      'packet/sos': `${DEVICE.id}@sos.ewr1.packet.net`,
    });
  });

  test('packet-console adds the profile once', async () => {
    const machine = await open(`${url}/cloud`);
    const { code, log } = await machine.run('packet-console');
    assert.equal(code, 0, log);
    const calls = (await machine.calls()).map((call) => call.split(' ').slice(1).join(' '));
    assert.match(calls[0] ?? '', /^machines removeprofile \S+ packet-console$/);
    assert.match(calls[1] ?? '', /^machines addprofile \S+ packet-console$/);
  });

  test('packet-ssh-keys replaces its own keys and keeps those of others', async () => {
    const machine = await open(`${url}/cloud`);
    await machine.writeFile('root/.ssh/authorized_keys', 'ssh-rsa CCCC own@example.com\n');
    for (const _ of [1, 2]) {
      const { code, log } = await machine.run('packet-ssh-keys');
      assert.equal(code, 0, log);
    }
    assert.equal(
      await machine.file('root/.ssh/authorized_keys'),
      [
        'ssh-rsa CCCC own@example.com',
        "### BEGIN keys from the cloud's metadata service",
        'ssh-ed25519 AAAA one@example.com',
        'ssh-rsa BBBB two@example.com',
        "### END keys from the cloud's metadata service",
        '',
      ].join('\n'),
    );
  });

  for (const task of ['packet-discover', 'packet-console', 'packet-ssh-keys']) {
    for (const where of ['/nowhere', '/down', '/text']) {
      test(`${task} does nothing on a machine that ${where} does not know`, async () => {
        const machine = await open(`${url}${where}`);
        const { code, log } = await machine.run(task);
        assert.equal(code, 0, log);
        assert.match(log, /This machine is no device of the cloud/);
        assert.deepEqual(await machine.calls(), []);
      });
    }
  }

  test('packet-discover does nothing where there is no metadata service', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { code, log } = await (await open(`http://127.0.0.1:${port}`)).run('packet-discover');
    assert.equal(code, 0, log);
    assert.match(log, /This machine is no device of the cloud/);
  });
});
