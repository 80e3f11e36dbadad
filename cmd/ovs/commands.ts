import { command, commands } from '../../lib/core0/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { lines, vsctl } from './vsctl.ts';

/** A name of a bridge or port that Linux accepts for an interface. It cannot be an option of ovs-vsctl. */
const NAME = { type: 'string', pattern: '^[A-Za-z0-9_.][A-Za-z0-9_.:-]{0,14}$' };
/** 0 means no VLAN. */
const VLAN = { type: 'integer', minimum: 0, maximum: 4094 };

/** JSON Schema of an object with these members. */
function members(properties: Record<string, object>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', additionalProperties: false, properties, required };
}

/**
 * Bridges and ports of Open vSwitch, for containers of 0-core. Each change is verified by reading it back; a change
 * that is already in effect is not an error.
 */
export default commands(
  {
    version: async (_, { signal }) => lines(await vsctl(['--version'], signal))[0] ?? '',
    'bridge-list': async (_, { signal }) => lines(await vsctl(['list-br'], signal)),
    'bridge-add': command<{ bridge: string }>({
      schema: members({ bridge: NAME }),
      run: async ({ bridge }, { signal }) => {
        await vsctl(['--may-exist', 'add-br', bridge], signal);
        await expectListed(['list-br'], bridge, true, signal);
      },
    }),
    'bridge-del': command<{ bridge: string }>({
      schema: members({ bridge: NAME }),
      run: async ({ bridge }, { signal }) => {
        await vsctl(['--if-exists', 'del-br', bridge], signal);
        await expectListed(['list-br'], bridge, false, signal);
      },
    }),
    'port-add': command<{ bridge: string; port: string; vlan?: number }>({
      schema: members({ bridge: NAME, port: NAME, vlan: VLAN }, ['vlan']),
      run: async ({ bridge, port, vlan }, { signal }) => {
        await vsctl(['--may-exist', 'add-port', bridge, port], signal);
        await expectListed(['list-ports', bridge], port, true, signal);
        if (vlan !== undefined) await setVlan(port, vlan, signal);
      },
    }),
    'port-del': command<{ bridge: string; port: string }>({
      schema: members({ bridge: NAME, port: NAME }),
      run: async ({ bridge, port }, { signal }) => {
        await vsctl(['--if-exists', 'del-port', bridge, port], signal);
        await expectListed(['list-ports', bridge], port, false, signal);
      },
    }),
    'vlan-set': command<{ port: string; vlan: number }>({
      schema: members({ port: NAME, vlan: VLAN }),
      run: ({ port, vlan }, { signal }) => setVlan(port, vlan, signal),
    }),
  },
  // ovsdb makes changes one at a time anyway, and a listing should not show half of a command.
  { queue: true },
);

/** Verifies that the listing contains `name`, or does not. Throws ModelError 502 otherwise. */
async function expectListed(
  listing: string[],
  name: string,
  wanted: boolean,
  signal: AbortSignal,
): Promise<void> {
  const found = lines(await vsctl(listing, signal));
  if (found.includes(name) === wanted) return;
  throw new ModelError(
    502,
    `${name} is ${wanted ? 'not there' : 'still there'}; there are: ${found.join(', ') || 'none'}`,
  );
}

async function setVlan(port: string, vlan: number, signal: AbortSignal): Promise<void> {
  await vsctl(vlan === 0 ? ['clear', 'port', port, 'tag'] : ['set', 'port', port, `tag=${vlan}`], signal);
  const tag = await vsctl(['get', 'port', port, 'tag'], signal);
  const expected = vlan === 0 ? '[]' : String(vlan);
  if (tag !== expected) throw new ModelError(502, `${port}: the VLAN is ${tag}, expected ${expected}`);
}
