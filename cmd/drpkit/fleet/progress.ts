const WIDTH = 30;
/** Interval of progress lines without a terminal, in ms. */
const TELL_EVERY_MS = 10_000;

/** Shows the progress of a run over many machines: a bar on a terminal, otherwise a line every ten seconds. */
export class FleetProgress {
  readonly #total: number;
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #done = 0;
  #failed = 0;
  #told = performance.now();

  constructor(total: number, isTerminal: boolean, write: (text: string) => void) {
    this.#total = total;
    this.#isTerminal = isTerminal;
    this.#write = write;
  }

  add(ok: boolean): void {
    this.#done += 1;
    if (!ok) this.#failed += 1;
    if (this.#isTerminal) {
      const filled = Math.round((this.#done / Math.max(this.#total, 1)) * WIDTH);
      this.#write(`\r[${'#'.repeat(filled).padEnd(WIDTH)}] ${this.#text()}`);
    } else if (performance.now() - this.#told > TELL_EVERY_MS) {
      this.#told = performance.now();
      this.#write(`${this.#text()}\n`);
    }
  }

  /** Ends the bar's line. */
  end(): void {
    if (this.#isTerminal && this.#done > 0) this.#write('\n');
  }

  #text(): string {
    return `${this.#done} of ${this.#total} done, ${this.#failed} failed`;
  }
}
