const LONGEST = 4_000;

/** The last of what a process printed on stderr, for the error that says how it failed. */
export class Tail {
  #text = '';

  add(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-LONGEST);
  }

  /** Lines for a ModelError's or plugin's messages; none when nothing was printed. */
  messages(): string[] {
    const text = this.#text.trim();
    return text === '' ? [] : [`stderr: ${text}`];
  }
}
