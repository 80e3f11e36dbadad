import { ProviderProcess as Provider, type ProviderOptions } from '../../lib/conformance/index.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { COUNTED } from './coverage.ts';

export type { Answer, Post, RawConnection } from '../../lib/conformance/index.ts';

/** Providers that start fast from their sources, which are counted. */
export type ProviderProcess = Provider;
export const ProviderProcess = {
  start: (command: readonly string[], options: ProviderOptions = {}): Promise<ProviderProcess> => {
    const counted = command[0] === process.execPath ? COUNTED : {};
    return Provider.start(command, {
      ...options,
      env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...counted, ...options.env },
    });
  },
};
