const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let ending: AbortController | undefined;

/**
 * Aborted by the first SIGINT (Ctrl-C), SIGTERM or SIGHUP. A second one ends the process at once, for who does not want to
 * wait for what is then put in order.
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
