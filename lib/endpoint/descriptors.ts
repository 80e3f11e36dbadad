import { closeSync, openSync } from 'node:fs';

const LOOK_EVERY_MS = 2_000;

/**
 * Says in the log when no file and no connection can be opened any more, and when they can again: connections that come in are
 * closed then, and nothing else tells why. Returns what ends it.
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
