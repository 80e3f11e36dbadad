import { ModelError } from '../../lib/models/index.ts';
import { runChild } from '../../lib/process/index.ts';

const LIMIT_MS = 30_000;
/** Shorter than the command's limit, so that ovs-vsctl reports the reason. */
const TOOL_LIMIT_S = 25;

/**
 * Runs ovs-vsctl and returns its output without the last newline. `OVS_DB` selects another database than the host's
 * (`unix:PATH`), `OVS_NO_WAIT=1` does not wait until ovs-vswitchd has applied the change. Throws ModelError: 404 when
 * there is no ovs-vsctl, 502 with its message when it fails, 503, 504.
 */
export async function vsctl(args: readonly string[], signal: AbortSignal): Promise<string> {
  const { PATH = '/usr/sbin:/usr/bin:/sbin:/bin', OVS_DB, OVS_NO_WAIT } = process.env;
  const options = [
    `--timeout=${TOOL_LIMIT_S}`,
    ...(OVS_DB ? [`--db=${OVS_DB}`] : []),
    ...(OVS_NO_WAIT === '1' ? ['--no-wait'] : []),
  ];
  const end = await runChild('ovs-vsctl', [...options, ...args], {
    env: { PATH },
    timeLimitMs: LIMIT_MS,
    signal,
  });
  switch (end.how) {
    case 'unstartable':
      throw new ModelError(404, `ovs-vsctl cannot be started: ${end.error?.message}: install Open vSwitch`);
    case 'time limit':
      throw new ModelError(504, `ovs-vsctl ${args.join(' ')}: not done after ${LIMIT_MS / 1000} s`);
    case 'abort':
      throw new ModelError(503, `ovs-vsctl ${args.join(' ')}: cancelled`);
  }
  if (end.code !== 0)
    throw new ModelError(502, end.stderr.trim().replace(/^ovs-vsctl: /, '') || `exit code ${end.code}`);
  return end.stdout.replace(/\n$/, '');
}

/** The lines of an output; none for an empty one. */
export function lines(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}
