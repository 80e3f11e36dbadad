import type { Power } from '../../../lib/agent/index.ts';
import type { Client } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';
import type { Flag } from '../flags.ts';

export const POWER_FLAGS: readonly Flag[] = [
  {
    name: 'really-power',
    about: 'Reboot this computer and power it off when a task says so; never where the endpoint runs',
  },
  { name: 'skip-power', about: 'Leave the power alone, as without --really-power; for the sake of drpcli' },
];

/**
 * The power commands that the flags allow; undefined by default. Throws ModelError 400 when they allow some and the
 * endpoint runs on this computer, which one of its own tasks must not switch off.
 */
export async function powerOf(context: Context, endpoint: Client): Promise<Power | undefined> {
  if (!context.on('really-power') || context.on('skip-power')) return undefined;
  const { hostname } = new URL(endpoint.endpoint);
  if (await isThisComputer(hostname)) {
    throw new ModelError(
      400,
      `really-power: the endpoint ${endpoint.endpoint} runs on this computer, which is not switched`,
    );
  }
  const { SystemPower } = await import('../../../lib/agent/index.ts');
  return new SystemPower();
}

async function isThisComputer(hostname: string): Promise<boolean> {
  const [{ lookup }, { networkInterfaces }, { BlockList, isIPv6 }] = await Promise.all([
    import('node:dns/promises'),
    import('node:os'),
    import('node:net'),
  ]);
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  // An unresolved name is assumed to be this computer, to be safe.
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => undefined);
  if (found === undefined) return true;
  return found.some(
    ({ address }) => own.has(address) || loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'),
  );
}
