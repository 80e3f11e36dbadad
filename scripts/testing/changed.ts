/** Prints the test files affected by the changes since main, one per line; their number on stderr. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { touchedTests } from './touched.ts';

const root = join(import.meta.dirname, '..', '..');

function git(...args: string[]): string[] {
  const output = execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return output.split('\n').filter(Boolean);
}

/** The commit at which the branch left main; HEAD when there is no main, or no common commit. */
function base(): string {
  for (const main of ['main', 'origin/main']) {
    try {
      const [commit] = git('merge-base', main, 'HEAD');
      if (commit !== undefined) return commit;
    } catch {
      // The next one.
    }
  }
  return 'HEAD';
}

const changed = [
  ...git('diff', '--name-only', '--no-renames', base()),
  ...git('ls-files', '--others', '--exclude-standard'),
];
const touched = await touchedTests(root, changed);
console.error(`${changed.length} files are changed since main; they touch ${touched.length} test files`);
for (const file of touched) console.log(file);
