import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell script that reads `+ PID` and `- PID`, and at the end of its input kills the remaining process groups. Its
 * input ends when the writing process does, for whatever reason.
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
 * Starts a child that leads a process group and is killed with it when this process is killed. Without this, a hung
 * tool would run without end. One shell guards all children.
 */
export function startGuarded<T extends ChildProcess | Error>(begin: () => T): T {
  // Started before the child, to shorten the time in which the guard does not know the child.
  guard ??= start();
  const { stdin } = guard ?? {};
  const child = begin();
  if (child instanceof Error || child.pid === undefined) return child;
  const { pid } = child;
  stdin?.write(`+ ${pid}\n`);
  child.once('exit', () => stdin?.write(`- ${pid}\n`));
  return child;
}

/**
 * Starts the guard. Undefined when there is no shell or no free descriptor; then only the children's own limits apply.
 */
function start(): ChildProcess | undefined {
  try {
    const shell = spawn('/bin/sh', ['-c', GUARD], {
      cwd: '/',
      env: {},
      // A new session, so that it survives a kill of this process's group.
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
    // The pipe is a socket, and must not keep this process alive.
    (shell.stdin as unknown as { unref(): void }).unref();
    return shell;
  } catch {
    return undefined;
  }
}
