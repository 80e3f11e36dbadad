import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compareVersions, readVersion } from '../../lib/models/index.ts';
import { REPORT } from './report.ts';

const run = promisify(execFile);

export type Step = 'patch' | 'minor' | 'major';

/** The differences between two reports. */
export interface TypeChanges {
  /** Removed or changed lines, each with its declaration. */
  removed: string[];
  added: string[];
  /** The smallest version step for these changes. */
  step: Step;
}

export function changesOf(before: string, after: string): TypeChanges {
  const [old, now] = [linesOf(before), linesOf(after)];
  const [removed, added] = [without(old, now), without(now, old)];
  return { removed, added, step: removed.length > 0 ? 'major' : added.length > 0 ? 'minor' : 'patch' };
}

/** The lines of a report, each with the first line of its declaration. The text before the exports is skipped. */
function linesOf(report: string): string[] {
  const [, ...blocks] = report.split(/\n\n/);
  const [names = '', ...declarations] = blocks;
  return [
    ...names.trim().split('\n'),
    ...declarations.flatMap((block) => {
      const lines = block.trim().split('\n');
      const [, of = ''] = /^(?:abstract )?(\w+ [\w$]+)/.exec(block) ?? [];
      return lines.map((line) => `${of}: ${line.trim()}`);
    }),
  ].filter((line) => line !== '');
}

/** The lines that are not in `others`, or more often than there. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/**
 * The last release before `version`, with its report; undefined for the first release, and when git does not know one.
 */
export async function lastRelease(
  root: string,
  version: string,
): Promise<{ version: string; report: string } | undefined> {
  const git = async (...args: string[]) =>
    (await run('git', args, { cwd: root, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 })).stdout;
  try {
    const tags = (await git('tag', '--merged', 'HEAD', '--sort=-v:refname', '--list', 'v*'))
      .trim()
      .split('\n');
    const current = readVersion(version);
    for (const tag of tags) {
      if (!/^v\d+\.\d+\.\d+$/.test(tag)) continue;
      const other = readVersion(tag);
      if (current !== undefined && other !== undefined && compareVersions(other, current) >= 0) continue;
      return { version: tag, report: await git('show', `${tag}:${REPORT}`) };
    }
  } catch {
    // No repository, or a release without a report.
  }
  return undefined;
}

/** Why `version` must not follow the release `before` with these changes; undefined when it may. */
export function stepProblem(before: string, version: string, changes: TypeChanges): string | undefined {
  const taken = stepFrom(before, version);
  const order: readonly Step[] = ['patch', 'minor', 'major'];
  if (order.indexOf(taken) >= order.indexOf(changes.step)) return undefined;
  const { removed, added, step } = changes;
  const shown = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
  const what = removed.length > 0 ? 'removes or changes public types' : 'adds public types';
  return [
    `${version} ${what} of ${before}, so it has to be ${next(before, step)}:`,
    ...shown.slice(0, 20),
    ...(shown.length > 20 ? [`... and ${shown.length - 20} lines more`] : []),
  ].join('\n');
}

function stepFrom(before: string, version: string): Step {
  const [a, b] = [numbers(before), numbers(version)];
  return a[0] !== b[0] ? 'major' : a[1] !== b[1] ? 'minor' : 'patch';
}

function next(version: string, step: Step): string {
  const [major, minor, patch] = numbers(version);
  if (step === 'major') return `v${major + 1}.0.0`;
  return step === 'minor' ? `v${major}.${minor + 1}.0` : `v${major}.${minor}.${patch + 1}`;
}

function numbers(version: string): [number, number, number] {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  return [Number(major), Number(minor), Number(patch)];
}
