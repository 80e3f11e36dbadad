/** Exit code of shells for a program ended by Ctrl-C. */
export const INTERRUPTED = 130;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let ending: AbortController | undefined;

/**
 * A signal that is aborted by the first SIGINT (Ctrl-C), SIGTERM or SIGHUP. The second one ends the process
 * immediately, for users who do not want to wait for the cleanup.
 */
export function endingSignal(): AbortSignal {
  const isFirst = ending === undefined;
  ending = new AbortController();
  for (const name of isFirst ? SIGNALS : []) {
    process.on(name, () => {
      if (ending?.signal.aborted) process.exit(1);
      ending?.abort();
    });
  }
  return ending.signal;
}

/** Resolves when `signal` is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { once } = await import('node:events');
  await once(signal, 'abort');
}
