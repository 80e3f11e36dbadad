/**
 * Builds an executable with pkg. A separate program, since pkg changes the working directory, writes to stdout, and
 * must be loaded after `child_process` is patched. Argument: a PackJob as JSON.
 */
import childProcess from 'node:child_process';
import type { PackJob } from './executable.ts';

const job = JSON.parse(process.argv[2] ?? '') as PackJob;

// pkg runs `node --experimental-sea-config FILE` to make the blob, and has no option for these additions: V8 seeds
// string hashes at random, which shows in the code cache; --random-seed=1 fixes the seed (with --hash-seed=1 the
// executable would reject the cache, which costs time and a warning). V8 must run with the executable's options, or the
// cache is rejected as well. In the job's folder the script has a bare name: that becomes part of the blob and of stack
// traces, and must not depend on the location of the project.
const { execFile } = childProcess;
Object.assign(childProcess, {
  execFile: (file: string, args: string[], done: Parameters<typeof execFile>[3]) =>
    execFile(file, ['--random-seed=1', ...job.v8Options, ...args], { cwd: job.folder }, done),
});

const { default: pkg } = await import('@yao-pkg/pkg/lib-es5/sea.js');
await pkg.default(`${job.folder}/${job.script}`, {
  nodePath: job.base,
  // For other platforms this Node.js makes the blob; it has the same version.
  useLocalNode: true,
  seaConfig: job.seaConfig,
  signature: job.sign,
  targets: [
    {
      nodeRange: `node${process.versions.node}`,
      platform: job.pkgPlatform,
      arch: job.arch,
      output: job.output,
    },
  ],
});
