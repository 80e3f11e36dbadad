import { closeSync, openSync } from 'node:fs';

const LOOK_EVERY_MS = 2_000;

/**
 * Logs when the process runs out of file descriptors, and when it has some again: incoming connections are closed
 * meanwhile, and nothing else tells why. Returns a function that stops the check.
 */
export function watchDescriptors(
  log: (level: 'error' | 'info', message: string) => void,
  open: () => void = openAndClose,
): () => void {
  let isOut = false;
  const look = () => {
    const problem = problemOf(open);
    if (problem !== undefined && !isOut)
      log('error', `No connections can be taken: ${problem}. Raise the limit of open files (ulimit -n)`);
    if (problem === undefined && isOut) log('info', 'Connections can be taken again');
    isOut = problem !== undefined;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function openAndClose(): void {
  closeSync(openSync('/dev/null', 'r'));
}

function problemOf(open: () => void): string | undefined {
  try {
    open();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? message : undefined;
  }
}
