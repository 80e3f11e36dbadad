/** Runs `work` with a signal that is aborted `ms` after `signal`. */
export async function withGracePeriod<T>(
  signal: AbortSignal,
  ms: number,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const abort = () => {
    timer = setTimeout(() => late.abort(signal.reason), ms);
  };
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await work(late.signal);
  } finally {
    signal.removeEventListener('abort', abort);
    clearTimeout(timer);
  }
}
