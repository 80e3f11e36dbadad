import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { generateContent } from '../../../lib/content/index.ts';
import type { Command } from '../command.ts';
import { compiler, pinnedNode, requireProject, script } from './tools.ts';

/** Longer than any test or build takes, in ms. */
const LIMIT_MS = 60 * 60_000;

export const build: Command = {
  use: 'build [name]...',
  summary: 'Check the content and the types of the project in this folder, and build its executables',
  details:
    'Makes bin/OS/ARCH/NAME of each cmd/NAME that has a main.ts, or of those that are named. Nothing is built while a type is wrong.',
  examples: ['build', 'build --target linux/arm64'],
  offline: true,
  flags: [{ name: 'target', value: 'string', about: 'OS/ARCH, several with commas; default: this machine' }],
  check: () => undefined,
  async run(context) {
    const targets = context
      .text('target')
      .split(',')
      .filter((target) => target !== '');
    await checkProject();
    const options = targets.flatMap((target) => ['--target', target]);
    await runNode([await script('build'), '--root', '.', ...options, '--', ...context.args]);
  },
};

export const check: Command = {
  use: 'check',
  summary: 'Check the content and the types of the project in this folder',
  examples: ['check'],
  offline: true,
  run: checkProject,
};

export const test: Command = {
  use: 'test [file]...',
  summary: 'Check the content and the types of the project in this folder, and run its tests',
  details: 'Runs test/**/*.test.ts, or the files that are named.',
  examples: ['test', 'test test/greet.test.ts'],
  offline: true,
  check: () => undefined,
  async run(context) {
    await checkProject();
    const files = context.args.length > 0 ? context.args : ['test/**/*.test.ts'];
    await runNode(['--test', '--test-timeout=600000', '--test-reporter=spec', ...files]);
  },
};

async function checkProject(): Promise<void> {
  requireProject();
  const { problems, failed } = await generateContent('.');
  for (const problem of problems) console.error(problem);
  if (failed) process.exit(1);
  await runNode([await compiler(), '--noEmit']);
}

/** Runs Node.js in this folder with shared output. When it fails, this process exits with its code. */
async function runNode(args: readonly string[]): Promise<void> {
  const child = spawn(await pinnedNode(), args, { stdio: 'inherit', timeout: LIMIT_MS });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) process.exit(typeof code === 'number' ? code : signal === 'SIGINT' ? 130 : 1);
}
