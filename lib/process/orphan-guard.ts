import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+ PID` and `- PID`, and at the end of its input kills the process groups of those that are left: the input ends
 * with the process that writes it, however that ends.
 */
const GUARD = `
left=' '
while read -r sign pid; do
  case $sign in
    +) left="$left$pid " ;;
    -) case $left in *" $pid "*) left="\${left%%" $pid "*} \${left#*" $pid "}" ;; esac ;;
  esac
done
for pid in $left; do kill -s KILL -- "-$pid"; done
`;

let guard: ChildProcess | undefined;

/**
 * Starts a child, the leader of a process group, that ends with all of its group when this process is killed while it
 * runs. Without this a tool that hangs would never end. One shell does it for all children of this process.
 */
export function startGuarded<T extends ChildProcess | Error>(begin: () => T): T {
  // Before the child, so that the time in which the guard does not know the child is short.
  guard ??= start();
  const { stdin } = guard ?? {};
  const child = begin();
  if (child instanceof Error || child.pid === undefined) return child;
  const { pid } = child;
  stdin?.write(`+ ${pid}\n`);
  child.once('exit', () => stdin?.write(`- ${pid}\n`));
  return child;
}

/** Undefined when there is no shell, or no descriptor left for one: then children are as safe as their own limits. */
function start(): ChildProcess | undefined {
  try {
    const shell = spawn('/bin/sh', ['-c', GUARD], {
      cwd: '/',
      env: {},
      // A session of its own: it must outlive whoever ends this process's group.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const forget = () => {
      if (guard === shell) guard = undefined;
    };
    shell.on('error', forget);
    shell.on('exit', forget);
    shell.stdin.on('error', forget);
    shell.unref();
    // It is a socket in truth, and must not keep this process going.
    (shell.stdin as unknown as { unref(): void }).unref();
    return shell;
  } catch {
    return undefined;
  }
}
