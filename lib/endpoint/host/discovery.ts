import { basename, join } from 'node:path';
import { ModelError, type PluginProvider } from '../../models/index.ts';
import { inheritedEnvironment } from '../../process/index.ts';
import { readDefinition } from './definition.ts';
import { excerpt, runCommand } from './run-command.ts';

/** The result of examining a file in the plugins folder. */
export interface DiscoveryReport {
  /** File name. */
  file: string;
  /** Duration of define and unpack in ms. */
  milliseconds: number;
  /** The provider; absent when the file was skipped. */
  provider?: PluginProvider;
  /** The reason for skipping the file, with its output; absent otherwise. */
  skipped?: string;
}

export interface DiscoverOptions {
  filesDirectory: string;
  /** Time limits in ms. */
  limits: { define: number; unpack: number };
  signal?: AbortSignal;
}

/**
 * Runs `define` and `unpack` of an executable as dr-provision does. Throws ModelError with the reason and the output
 * when it is not a provider of this protocol.
 */
export async function discoverProvider(path: string, options: DiscoverOptions): Promise<PluginProvider> {
  const { filesDirectory, limits, signal } = options;
  const output = await runCommand(path, ['define'], {
    env: { ...inheritedEnvironment(), RS_TOKEN: 'catalog' },
    limit: limits.define,
    signal,
  });
  const provider = definition(output);
  // The provider creates the folder itself, if it has something to unpack.
  await runCommand(path, ['unpack', join(filesDirectory, 'plugin_providers', provider.Name)], {
    env: inheritedEnvironment(),
    limit: limits.unpack,
    signal,
  });
  return provider;
}

function definition(output: string): PluginProvider {
  try {
    return readDefinition(output);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, [`define: ${error.messages.join('; ')}`, ...excerpt(output)], {
      cause: error,
    });
  }
}

/** Like `discoverProvider`, but reports errors instead of throwing them. */
export async function discoverFile(path: string, options: DiscoverOptions): Promise<DiscoveryReport> {
  const file = basename(path);
  const began = performance.now();
  const report = (result: Pick<DiscoveryReport, 'provider' | 'skipped'>): DiscoveryReport => ({
    file,
    milliseconds: performance.now() - began,
    ...result,
  });
  try {
    return report({ provider: await discoverProvider(path, options) });
  } catch (error) {
    if (error instanceof ModelError) return report({ skipped: error.messages.join('\n') });
    return report({ skipped: error instanceof Error ? error.message : String(error) });
  }
}
