import { ProviderProcess as Provider, type ProviderOptions } from '../../lib/conformance/index.ts';
import { COUNTED } from './coverage.ts';
import { QUICK_START } from './quick-start.ts';

export type { Answer, Post, RawConnection } from '../../lib/conformance/index.ts';

/** Providers that start fast from their sources, which are counted. */
export type ProviderProcess = Provider;
export const ProviderProcess = {
  start: (command: readonly string[], options: ProviderOptions = {}): Promise<ProviderProcess> => {
    const counted = command[0] === process.execPath ? COUNTED : {};
    return Provider.start(command, {
      ...options,
      env: { ...QUICK_START, ...counted, ...options.env },
    });
  },
};
