import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { versionOf } from '../lib/project/index.ts';
import { baseFor } from './packaging/base.ts';
import { build } from './packaging/build.ts';
import { nativeTarget, type Target, targetNamed, targets } from './packaging/target.ts';
import { typesReport } from './publishing/report.ts';
import { changesOf, lastRelease, stepProblem } from './publishing/step.ts';
import { makeRelease } from './releasing/release.ts';

const usage = `usage: scripts/release [--target OS/ARCH]... [--key FILE] [--url URL] [--out FOLDER] [--draft]

Builds all executables, and makes release/VERSION/: for each target providers-OS-ARCH.tar.zst (one executable with all their
names) and tools-OS-ARCH.tar.zst, a catalog with its files, bill of materials, licences, SHA256SUMS and SHA256SUMS.sig.

  --target   ${targets.map(({ name }) => name).join(', ')}; default: all whose Node.js can be had
  --key      an OpenSSH key to sign with; the public part, where the agent has the other one
  --url      where rebar-catalog/ will be served; default: Sources that are relative, which drpkit reads and drpcli does not
  --out      default: release/VERSION
  --draft    also of a commit without a tag, or with changes
`;

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      key: { type: 'string' },
      url: { type: 'string' },
      out: { type: 'string' },
      draft: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const report = (line: string) => console.log(line);
  const version = await versionOf(root);
  if (!/^v\d+\.\d+\.\d+$/.test(version) && !values.draft)
    throw new Error(
      `${version} is not a release: tag the commit, without changes in the tree, or give --draft`,
    );
  if (values.key !== undefined && !existsSync(values.key))
    throw new Error(`--key: there is no file ${values.key}`);
  await run(process.execPath, [join(import.meta.dirname, 'generate.ts')], { timeout: 120_000 });
  if (!values.draft) await checkTypes(version);
  const chosen = await available(values.target?.map(targetNamed), report);
  // Removes executables of other builds.
  await rm(join(root, 'bin'), { recursive: true, force: true });
  await build(root, [], chosen, report, { together: true });

  const names = (await readdir(join(root, 'cmd'))).filter((name) =>
    existsSync(join(root, 'cmd', name, 'main.ts')),
  );
  const isProvider = (name: string) => existsSync(join(root, 'cmd', name, 'plugin.ts'));
  const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: root }).catch(() => ({
    stdout: '0',
  }));
  const out = resolve(values.out ?? join(root, 'release', version));
  await makeRelease({
    bin: join(root, 'bin'),
    out,
    targets: chosen,
    providers: names.filter(isProvider).sort(),
    tools: names.filter((name) => !isProvider(name)).sort(),
    documents: [join(root, 'LICENSE'), join(root, 'bin', 'THIRD_PARTY_LICENSES'), join(root, 'CHANGELOG.md')],
    time: Number(stdout.trim()),
    url: values.url,
    key: values.key,
    report,
    signal: new AbortController().signal,
  });
  report(`${out} is the release ${version}`);
}

/** Throws an Error when the public types have changed more since the last release than the version number allows. */
async function checkTypes(version: string): Promise<void> {
  const last = await lastRelease(root, version);
  if (last === undefined) return;
  const problem = stepProblem(last.version, version, changesOf(last.report, await typesReport(root)));
  if (problem !== undefined) throw new Error(problem);
}

/** The requested targets, or all with an available Node.js. */
async function available(
  asked: readonly Target[] | undefined,
  report: (line: string) => void,
): Promise<readonly Target[]> {
  if (asked !== undefined) return [...new Set(asked)];
  const found: Target[] = [];
  for (const target of targets) {
    try {
      await baseFor(target, root, () => {});
      found.push(target);
    } catch (error) {
      if (target === nativeTarget()) throw error;
      report(`${target.name}: left out: ${error instanceof Error ? error.message : error}`);
    }
  }
  return found;
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/release: ${error instanceof Error ? error.message : String(error)}`);
});
