/**
 * Makes one executable with pkg. A program of its own because pkg changes the working directory, writes to stdout,
 * and has to be loaded after `child_process` was prepared for it. Its one argument is a PackJob as JSON.
 */
import childProcess from 'node:child_process';
import type { PackJob } from './executable.ts';

const job = JSON.parse(process.argv[2] ?? '') as PackJob;

// pkg runs `node --experimental-sea-config FILE` to make the blob, and has no option for what this adds:
// - V8 seeds its string hashes at random and the code cache shows it. --random-seed=1 fixes the seed. Not
//   --hash-seed=1: the cache would not be accepted when the executable starts, which costs time and a warning.
// - It is not accepted either when V8 runs with other options than it was made with.
// - Run in the job's folder, it finds the script under a bare name. That name goes into the blob and into stack
//   traces, and must not depend on where the project lies.
const { execFile } = childProcess;
Object.assign(childProcess, {
  execFile: (file: string, args: string[], done: Parameters<typeof execFile>[3]) =>
    execFile(file, ['--random-seed=1', ...job.v8Options, ...args], { cwd: job.folder }, done),
});

const { default: pkg } = await import('@yao-pkg/pkg/lib-es5/sea.js');
await pkg.default(`${job.folder}/${job.script}`, {
  nodePath: job.base,
  // For another platform's executable the blob is then made by the Node.js that runs this, the same version.
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
