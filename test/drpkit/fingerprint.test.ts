import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fingerprint } from '../../cmd/drpkit/objects/own/fingerprint.ts';
import { ApiStandIn } from './api-stand-in.ts';
import { Runner } from './runner.ts';

async function computer(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'computer-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return {
    whoami: () => fingerprint(join(root, 'sys'), root),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

const REAL = {
  'proc/cpuinfo': 'flags\t\t: fpu vme\n',
  'sys/class/dmi/id/sys_vendor': 'Acme\n',
  'sys/class/dmi/id/product_name': 'Rack 1\n',
  'sys/class/dmi/id/product_serial': 'A-17\n',
  'sys/class/dmi/id/chassis_vendor': 'Acme\n',
  'sys/class/dmi/id/chassis_serial': 'To be filled by O.E.M.\n',
  'sys/class/dmi/id/product_uuid': '4c4c4544-0042-3510-8052-b9c04f4e3332\n',
  'sys/class/net/eth0/address': '52:54:00:12:34:56\n',
  'sys/class/net/eth0/device/vendor': '0x8086\n',
  'sys/class/net/lo/address': '00:00:00:00:00:00\n',
  'etc/rs-uuid': '6c8c3d9c-5a4f-4c9e-8d0b-3c8d5a1f2b3c\n',
};

test('a computer is known by its numbers, but for those that makers leave open', async () => {
  await using real = await computer(REAL);
  assert.deepEqual(await real.whoami(), {
    Fingerprint: {
      SSNHash: createHash('sha256').update('AcmeRack 1A-17').digest('base64'),
      CSNHash: null,
      CloudInstanceID: '',
      SystemUUID: '4c4c4544-0042-3510-8052-b9c04f4e3332',
      MemoryIds: null,
    },
    MacAddrs: ['52:54:00:12:34:56'],
    OnDiskUUID: '6c8c3d9c-5a4f-4c9e-8d0b-3c8d5a1f2b3c',
  });
});

test('a virtual machine is known by its addresses and what its cloud says', async () => {
  await using virtual = await computer({
    ...REAL,
    'proc/cpuinfo': 'flags\t\t: fpu hypervisor vme\n',
    'run/cloud-init/instance-data.json': '{"v1": {"cloud_name": "aws", "instance_id": "i-1"}}',
  });
  const { Fingerprint, MacAddrs } = await virtual.whoami();
  assert.deepEqual(Fingerprint, {
    SSNHash: null,
    CSNHash: null,
    CloudInstanceID: 'aws:i-1',
    SystemUUID: '',
    MemoryIds: null,
  });
  assert.equal(MacAddrs.length, 1);
});

test('machines whoami asks the endpoint which machine this computer is', async () => {
  await using api = await ApiStandIn.open({ 'POST whoami': { Result: { Score: 100, Uuid: 'm1' } } });
  using drpkit = new Runner(api.env);
  assert.deepEqual(await drpkit.json('machines', 'whoami'), { Result: { Score: 100, Uuid: 'm1' } });
  const [asked] = api.taken();
  assert.deepEqual(Object.keys(asked?.body as object), ['Fingerprint', 'MacAddrs', 'OnDiskUUID']);
});
