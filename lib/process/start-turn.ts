/** Callers that wait to start a child, in order. */
const waiting: (() => void)[] = [];
let isFree = true;

/**
 * Resolves when a child may be started, which must be done immediately. Starting one copies the page tables of this
 * process, which blocks it for 2 to 15 ms. So starts are sequential, and each is followed by a pause as long as the
 * start.
 */
export function startTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (isFree) give(resolve);
  else waiting.push(resolve);
  return promise;
}

function give(start: () => void): void {
  isFree = false;
  const begun = performance.now();
  start();
  // By then the child has started.
  setImmediate(() => setTimeout(next, performance.now() - begun));
}

function next(): void {
  const start = waiting.shift();
  if (start === undefined) isFree = true;
  else give(start);
}
