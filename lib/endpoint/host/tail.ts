const LONGEST = 4_000;

/** The end of a process's stderr, for the error about its failure. */
export class Tail {
  #text = '';

  add(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-LONGEST);
  }

  /** Lines for an error's messages; none when nothing was printed. */
  messages(): string[] {
    const text = this.#text.trim();
    return text === '' ? [] : [`stderr: ${text}`];
  }
}
