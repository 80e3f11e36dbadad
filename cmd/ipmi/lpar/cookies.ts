/** The cookies of one session with one host, all of which go with every request. */
export class Cookies {
  readonly #values = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** Takes the `Set-Cookie` headers of an answer. */
  take(headers: readonly string[] = []): void {
    for (const header of headers) {
      const [, name = '', value = '', attributes = ''] = /^\s*([^=;\s]+)\s*=([^;]*)(.*)$/s.exec(header) ?? [];
      if (name === '') continue;
      if (/;\s*max-age=(0|-\d+)\s*(;|$)/i.test(attributes)) this.#values.delete(name);
      else this.#values.set(name, value.trim());
    }
  }

  /** The `Cookie` header, if there is anything to send. */
  header(): Record<string, string> {
    if (this.isEmpty) return {};
    return { cookie: Array.from(this.#values, ([name, value]) => `${name}=${value}`).join('; ') };
  }
}
