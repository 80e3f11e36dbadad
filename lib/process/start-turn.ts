/** Who waits to start a child, first come, first served. */
const waiting: (() => void)[] = [];
let isFree = true;

/**
 * Resolves when a child may be started, which is to be done at once. To start one, the system copies the page tables of this
 * process: 2 to 15 ms in which nothing else is done here. So there is one start at a time, and after each of them everything
 * else has as long as it took.
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
  // By then it has started.
  setImmediate(() => setTimeout(next, performance.now() - begun));
}

function next(): void {
  const start = waiting.shift();
  if (start === undefined) isFree = true;
  else give(start);
}
