/** The cookies of a session with one host. All are sent with each request. */
export class Cookies {
  readonly #values = new Map<string, string>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  /** Stores the cookies of an answer's `Set-Cookie` headers. */
  take(headers: readonly string[] = []): void {
    for (const header of headers) {
      const [, name = '', value = '', attributes = ''] = /^\s*([^=;\s]+)\s*=([^;]*)(.*)$/s.exec(header) ?? [];
      if (name === '') continue;
      if (/;\s*max-age=(0|-\d+)\s*(;|$)/i.test(attributes)) this.#values.delete(name);
      else this.#values.set(name, value.trim());
    }
  }

  /** The `Cookie` header; empty without cookies. */
  header(): Record<string, string> {
    if (this.isEmpty) return {};
    return { cookie: Array.from(this.#values, ([name, value]) => `${name}=${value}`).join('; ') };
  }
}
