import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findExecutable } from '../../lib/process/index.ts';
import { IPMITOOL_HOME } from '../../test/support/ipmitool-home.ts';

/**
 * Puts into `folder` an ipmitool that starts in a fifth of the CPU time of the one on `path`, whose list of all makers
 * it does not read (see IPMITOOL_HOME), and returns the path with it first. Tests start it a thousand times.
 */
export async function withLightIpmitool(folder: string, path: string): Promise<string> {
  // A run within a run has it already: it must not start itself.
  const before = path.split(delimiter).filter((each) => each !== folder);
  const real = await findExecutable('ipmitool', before.join(delimiter));
  if (real === undefined) return path;
  mkdirSync(folder, { recursive: true });
  const script = `#!/bin/sh\nHOME='${IPMITOOL_HOME}' exec '${real}' "$@"\n`;
  writeFileSync(join(folder, 'ipmitool'), script, { mode: 0o755 });
  return [folder, ...before].join(delimiter);
}
