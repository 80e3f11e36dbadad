import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { inheritedEnvironment } from '../process/index.ts';

/** The input for a script's environment. */
export interface ScriptSurroundings {
  runnerFolder: string;
  taskFolder: string;
  /** PATH. */
  programs: string;
  machine: string;
  endpoint: string;
  token?: string;
}

/** The environment of a script: that of the agent, and the Go agent's variables. It does not identify the job. */
export function scriptEnvironment(about: ScriptSurroundings): Record<string, string> {
  const { runnerFolder, taskFolder, programs, machine, endpoint, token } = about;
  const parent = dirname(runnerFolder);
  const inherited = inheritedEnvironment();
  return {
    ...inherited,
    HOME: inherited.HOME || runnerFolder,
    PATH: programs,
    TMPDIR: parent === '' ? tmpdir() : parent,
    TMP: parent === '' ? tmpdir() : parent,
    RS_RUNNER_DIR: runnerFolder,
    RS_TASK_DIR: taskFolder,
    RS_UUID: machine,
    RS_ENDPOINT: endpoint,
    RS_TOKEN: token ?? '',
  };
}

/**
 * Runs in a mount namespace, so that all mounts disappear with the script. The folders that programs need and that of
 * the runner are bound into the new root.
 */
const IN_CHROOT = `set -e
root=$1 runner=$2 folder=$3
shift 3
for each in /proc /sys /dev /dev/pts "$runner"; do
  mkdir -p "$root$each"
  mount --bind "$each" "$root$each"
done
exec chroot "$root" /bin/sh -c 'cd "$0" && exec "$@"' "$folder" "$@"`;

/** The command line for `script`, a file in the task's folder; in another root folder when `chroot` is given. */
export function scriptCommand(
  script: string,
  {
    interpreter,
    chroot,
    runnerFolder,
    taskFolder,
  }: { interpreter?: string; chroot?: string; runnerFolder: string; taskFolder: string },
): [string, ...string[]] {
  const command: [string, ...string[]] = interpreter ? [interpreter, `./${script}`] : [`./${script}`];
  if (chroot === undefined) return command;
  const inside = ['/bin/sh', '-c', IN_CHROOT, 'chroot', chroot, runnerFolder, taskFolder, ...command];
  return ['unshare', '--mount', '--propagation', 'private', ...inside];
}
