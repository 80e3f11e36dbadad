import { setImmediate as turn } from 'node:timers/promises';

/** Objects that are alive at a time: 24 MB. Each is old when it becomes garbage. */
const ALIVE = 240;
/** How many objects are made: 360 MB. */
const MADE = 3_600;

class Session {
  readonly #numbers: readonly { index: number }[];

  constructor(length: number) {
    this.#numbers = Array.from({ length }, (_, index) => ({ index }));
  }

  get length(): number {
    return this.#numbers.length;
  }
}

/** An object of this class is never alive for longer than a call. */
class Request {
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  get length(): number {
    return this.#length + 1;
  }
}

/** Makes objects that live as long as a session. Returns the most memory that was used, in bytes. */
export async function churn(): Promise<number> {
  let peak = 0;
  const alive: Session[] = [];
  for (let made = 0; made < MADE; made += 1) {
    let length = 0;
    for (let call = 0; call < 1_000; call += 1) length = Math.max(length, new Request(call).length);
    alive[made % ALIVE] = new Session(2 * length);
    peak = Math.max(peak, process.memoryUsage().heapUsed);
    await turn();
  }
  return peak;
}
