import { realpath, statfs } from 'node:fs/promises';
import { ModelError } from '../../lib/models/index.ts';
import { findExecutable } from '../../lib/process/index.ts';
import { fileSystemOf, mountTable } from './mount-table.ts';
import { PROGRAMS, runProgram } from './program.ts';

/** First project ID. Other users of project IDs, such as Docker's storage, begin at small numbers. */
export const FIRST_PROJECT = 0x76_0000;

/** Why `folder` has no project quotas; undefined when it has. */
export async function missingQuotas(folder: string): Promise<string | undefined> {
  const at = fileSystemOf(await realpath(folder), await mountTable());
  if (at === undefined || !['ext4', 'xfs'].includes(at.type)) return `${at?.type} has none`;
  if (!at.options.some((option) => option === 'prjquota' || option === 'pquota'))
    return `${at.path} is not mounted with prjquota`;
  for (const program of ['chattr', 'setquota'])
    if ((await findExecutable(program, PROGRAMS)) === undefined) return `there is no ${program}`;
  return undefined;
}

/** Limits the empty `folder` to `size` bytes. Throws ModelError, 502 when the limit is not in effect. */
export async function limitFolder(
  folder: string,
  project: number,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  await runProgram('chattr', ['+P', '-p', String(project), folder], signal);
  await setLimit(folder, project, size, signal);
  // For a folder with a project, statfs returns the limit as its size.
  const { blocks, bsize } = await statfs(folder);
  if (Math.abs(blocks * bsize - size) > 2 * bsize) {
    const now = `the file system says ${blocks * bsize} bytes`;
    throw new ModelError(502, `size: the quota of project ${project} was set to ${size} bytes, but ${now}`);
  }
}

/** Removes the limit of a project. */
export async function forgetProject(folder: string, project: number): Promise<void> {
  await setLimit(folder, project, 0);
}

async function setLimit(folder: string, project: number, size: number, signal?: AbortSignal): Promise<void> {
  const at = fileSystemOf(await realpath(folder), await mountTable());
  // Soft and hard limits for blocks of 1 KiB, then for files.
  const limits = ['0', String(Math.floor(size / 1024)), '0', '0'];
  await runProgram('setquota', ['-P', String(project), ...limits, at?.path ?? folder], signal);
}
