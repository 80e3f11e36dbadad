import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PluginHost } from '../../lib/endpoint/host/index.ts';
import { versionSaid } from '../measuring/executables.ts';
import { median } from '../measuring/statistics.ts';
import { baseFor } from '../packaging/base.ts';
import { bundleTogether } from '../packaging/bundle.ts';
import { makeExecutable } from '../packaging/executable.ts';
import { nativeTarget } from '../packaging/target.ts';
import type { Bench } from './bench.ts';
import type { Section } from './figure.ts';
import { interleaved, ratio } from './interleave.ts';
import { runTime } from './run-time.ts';

const GOAL = { most: 1.3 };
const root = join(import.meta.dirname, '..', '..');

/** How long an endpoint takes to discover providers: `define` and `unpack` of each. */
export async function discovery(bench: Bench): Promise<Section> {
  const { scratch, providers, base } = bench;
  const rounds = Math.ceil(bench.rounds / 4);
  const plugins = join(scratch.folder, 'plugins');
  const files = join(scratch.folder, 'files');
  await mkdir(plugins);
  for (const [name, file] of providers) await symlink(file, join(plugins, name));
  const host = hostOf(scratch.folder, plugins, files);

  const starts = 2 * providers.size;
  const bareStarts = (count: number) => async () => {
    const begun = performance.now();
    for (let done = 0; done < count; done += 1) await runTime(scratch, base, ['-e', '0']);
    return performance.now() - begun;
  };
  const joined = bench.isBuilt ? await joinedProviders(bench, join(scratch.folder, 'joined')) : [];
  const inTurn = (paths: readonly string[]) => async () => {
    const begun = performance.now();
    for (const file of paths) {
      await runTime(scratch, file, ['define']);
      await runTime(scratch, file, ['unpack', join(files, basename(file))]);
    }
    return performance.now() - begun;
  };
  const times = await interleaved(
    rounds,
    new Map([
      ['bare starts', bareStarts(starts)],
      ['bare providers', bareStarts(providers.size)],
      ['in turn', inTurn([...providers.values()])],
      ['joined', inTurn(joined)],
      [
        'development endpoint',
        async () => {
          const begun = performance.now();
          const skipped = (await host.discover()).filter((report) => report.skipped !== undefined);
          if (skipped[0] !== undefined) throw new Error(`${skipped[0].file}: ${skipped[0].skipped}`);
          return performance.now() - begun;
        },
      ],
    ]),
  );
  await host.close();
  const apart = times('in turn');
  const parallel = times('development endpoint');
  const bare = times('bare providers');
  return {
    title: 'Discovery',
    figures: [
      {
        what: `${providers.size} providers, one after the other`,
        value: median(apart),
        unit: 'ms',
        ratio: ratio(apart, times('bare starts'), `${starts} bare starts`, GOAL),
      },
      ...(joined.length === 0
        ? []
        : [
            {
              what: `${providers.size} providers in one executable, one after the other`,
              value: median(times('joined')),
              unit: 'ms',
              ratio: ratio(times('joined'), times('bare starts'), `${starts} bare starts`, GOAL),
            },
          ]),
      {
        what: `${providers.size} providers, several at a time`,
        value: median(parallel),
        unit: 'ms',
        ratio: ratio(parallel, bare, `${providers.size} bare starts`, GOAL),
      },
    ],
    notes: [
      `${rounds} rounds. A provider is started twice, for define and for unpack. dr-provision asks one provider after the other, the development endpoint several at a time.`,
    ],
  };
}

/** All providers as one executable with links, as in releases. */
async function joinedProviders({ providers, progress }: Bench, folder: string): Promise<string[]> {
  const names = [...providers.keys()];
  const [first = ''] = providers.values();
  progress('making one executable of all providers');
  const target = nativeTarget();
  const bundled = await bundleTogether(root, names, await versionSaid(first));
  const base = await baseFor(target, root, () => {});
  const { path } = await makeExecutable(root, 'providers', target, bundled, base, '.build/together');
  await mkdir(folder);
  await copyFile(path, join(folder, 'providers'));
  for (const name of names) await symlink('providers', join(folder, name));
  return names.map((name) => join(folder, name));
}

/** A host that only discovers providers. */
function hostOf(root: string, pluginsDirectory: string, filesDirectory: string): PluginHost {
  return new PluginHost({
    pluginsDirectory,
    filesDirectory,
    communicationDirectory: join(root, 'sockets'),
    scratchDirectory: join(root, 'plugin-tmp'),
    environment: { RS_ENDPOINT: '', RS_FILESERVER: '', RS_WEBROOT: '' },
    token: () => '',
    onLog: () => {},
    onPublish: () => {},
    isSecret: () => false,
    listObjects: () => [],
  });
}
