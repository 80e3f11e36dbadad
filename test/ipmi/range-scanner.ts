import { rangeScan, type ScanRequest } from '../../cmd/ipmi/range-scan.ts';
import type { IpmitoolOptions, Timing } from '../../lib/ipmi/index.ts';

/** A scan without an endpoint. */
export interface Scanner {
  /** What it wrote to the log so far. */
  log: string[];
  scan(
    first: string,
    last: string,
    params?: Record<string, unknown>,
    signal?: AbortSignal,
  ): ReturnType<typeof rangeScan>;
}

export function scanner(options: Pick<IpmitoolOptions, 'path'> & { timing?: Partial<Timing> } = {}): Scanner {
  const log: string[] = [];
  const note = (message: string) => void log.push(message);
  const logger = { info: note, warn: note, error: note } as unknown as ScanRequest['log'];
  const noEndpoint = () => {
    throw new Error('the endpoint was asked');
  };
  return {
    log,
    scan: (first, last, params = {}, signal = new AbortController().signal) =>
      rangeScan(
        {
          params: {
            'ipmi/discover/scan-start-address': first,
            'ipmi/discover/scan-end-address': last,
            // Nothing listens there.
            'ipmi/port-redfish': 1,
            ...params,
          },
          api: { objects: noEndpoint, params: noEndpoint },
          log: logger,
          signal,
        },
        { ...options, timing: { betweenLoginsMs: 0, ...options.timing } },
      ),
  };
}
