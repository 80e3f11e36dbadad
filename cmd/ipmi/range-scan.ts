import type { Client } from '../../lib/api/index.ts';
import { Ipmitool, type IpmitoolOptions, Lanplus, refusal, type Timing } from '../../lib/ipmi/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import type { Params } from './params.ts';
import type { FoundBmc } from './range-scan/found.ts';
import { makeMachines } from './range-scan/machines.ts';
import { Scan } from './range-scan/scan.ts';
import { settingsOf } from './range-scan/settings.ts';

export interface ScanRequest {
  params: Params;
  api: Pick<Client, 'objects' | 'params'>;
  log: Logger;
  /** Aborted when the plugin stops. */
  signal: AbortSignal;
}

const MOST_CHILDREN = 16;

/**
 * Searches all addresses of a range for BMCs and returns them in order. Throws ModelError: 400 for invalid params, 504
 * after the time limit, and the signal's reason.
 */
export async function rangeScan(
  { params, api, log, signal }: ScanRequest,
  { timing, ...options }: Pick<IpmitoolOptions, 'path'> & { timing?: Partial<Timing> } = {},
): Promise<FoundBmc[]> {
  const settings = settingsOf(params);
  const { timeLimitMs, createMachines } = settings;
  const limit = AbortSignal.timeout(timeLimitMs);
  const stopping = AbortSignal.any([signal, limit]);
  const ipmitool = new Ipmitool({ ...options, maxChildren: MOST_CHILDREN, waitLimitMs: timeLimitMs });
  // Sessions are not kept: each BMC is asked once.
  const native = new Lanplus({ turnMs: timeLimitMs, ...timing, keptForMs: 0 });
  const scan = new Scan(settings, { native, ipmitool }, log);
  try {
    const discovered = await scan.run(stopping);
    if (createMachines) await makeMachines(api, discovered, log, stopping);
    return discovered.map(({ bmc }) => bmc);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) {
      const after = `range-scan: stopped after ${timeLimitMs / 1000} s (ipmi/discover/scan-timeout)`;
      const [where, ...found] = scan.progress();
      throw refusal(504, [`${after}: ${where}`, ...found]);
    }
    throw isOutOfFiles(error)
      ? refusal(503, 'range-scan: too many files are open: lower ipmi/discover/concurrency', error)
      : error;
  } finally {
    native.close();
  }
}

function isOutOfFiles(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
}
