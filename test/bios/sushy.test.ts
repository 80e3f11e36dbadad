import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { reboot, withBios } from './contoso.ts';

/** Debian's, whatever else is on the PATH. */
const PYTHON = '/usr/bin/python3';
const run = promisify(execFile);

const skip = await run(PYTHON, ['-c', 'import sushy']).then(
  () => false as const,
  () => 'sushy is not installed (apt-get install python3-sushy)',
);

/** What the client of OpenStack sees of the BIOS; the password is told on its standard input. */
const LOOK = `
import json, sys, warnings
warnings.simplefilter('ignore')
import sushy
from sushy import auth
# Debian's package is without the registries of the DMTF.
sushy.main.Sushy._get_standard_message_registry_collection = lambda self: []
url, command, *rest = sys.argv[1:]
root = sushy.Sushy(url, verify=False, auth=auth.BasicAuth('admin', sys.stdin.read()))
bios = root.get_system_collection().get_members()[0].bios
if command == 'reset':
    bios.reset_bios()
if command == 'set':
    bios.set_attributes(json.loads(rest[0]))
registry = bios.get_attribute_registry()
print(json.dumps({
    'attributes': dict(bios.attributes),
    'pending': dict(bios.pending_attributes),
    'default': registry.registry_entries.attributes[0].default_value if registry else None,
    'count': len(registry.registry_entries.attributes) if registry else 0,
}))
`;

interface Look {
  attributes: Record<string, unknown>;
  pending: Record<string, unknown>;
  default: unknown;
  count: number;
}

test('a client that nobody here wrote sees the BIOS as the plugin does, and the plugin what that changes', {
  skip,
}, async () => {
  await withBios({ applyTimes: ['OnReset'] }, async (act, service) => {
    const look = async (...command: string[]): Promise<Look> => {
      const call = run(PYTHON, ['-c', LOOK, `https://127.0.0.1:${service.port}`, ...command], {
        // Without REQUESTS_CA_BUNDLE, which would count for more than verify=False.
        env: { PATH: process.env.PATH },
        timeout: 60_000,
      });
      call.child.stdin?.end('redfish-pa55');
      return JSON.parse((await call).stdout) as Look;
    };
    const plain = await look('look');
    assert.deepEqual([plain.attributes.BootMode, plain.count, plain.default], ['Bios', 9, 'Bios']);
    await act('apply', { 'bios-target-configuration': { BootMode: 'Uefi', Cores: 32 } });
    const pending = await look('look');
    assert.deepEqual(
      [pending.pending.BootMode, pending.pending.Cores, pending.attributes.Cores],
      ['Uefi', 32, 64],
    );
    reboot(service);
    const set = await look('set', '{"Numa": false}');
    assert.equal(set.attributes.BootMode, 'Uefi');
    const { Numa } = (await act('get')) as Record<string, { Current: string; Pending?: string }>;
    assert.deepEqual([Numa?.Current, Numa?.Pending], ['true', 'false']);
    assert.deepEqual(await act('test', { 'bios-target-configuration': { Numa: false } }), {});
    await look('reset');
    reboot(service);
    const all = (await act('get')) as Record<string, { Current: string; Default: string }>;
    assert.equal(all.BootMode?.Current, all.BootMode?.Default);
    // It sends what is not of the standard.
    service.violations.length = 0;
  });
});
