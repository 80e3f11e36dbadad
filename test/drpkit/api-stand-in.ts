import { type Received, TestEndpoint } from '../api/test-endpoint.ts';

/** What an endpoint was asked. */
export interface Asked {
  /** `GET jobs/1/log?os=linux`, below `/api/v3/`. */
  what: string;
  body: unknown;
}

/** An endpoint that gives answers which no endpoint here gives, and knows what it was asked for. */
export class ApiStandIn implements AsyncDisposable {
  readonly #endpoint: TestEndpoint;

  private constructor(endpoint: TestEndpoint) {
    this.#endpoint = endpoint;
  }

  /** `answers` are by what was asked; a text is sent as it is. Changes without an answer get back what they sent. */
  static async open(answers: Readonly<Record<string, unknown>>): Promise<ApiStandIn> {
    const answer = (received: Received) => {
      const { what, body } = askedBy(received);
      if (what in answers) return { body: answers[what] };
      if (received.method !== 'GET') return { body: typeof body === 'object' ? body : null };
      return { status: 404, body: { Model: '', Key: what, Type: 'GET', Messages: ['Not Found'], Code: 404 } };
    };
    return new ApiStandIn(await TestEndpoint.start(answer, { tls: false }));
  }

  get env(): Readonly<Record<string, string>> {
    return { RS_ENDPOINT: this.#endpoint.url, RS_TOKEN: 'token' };
  }

  /** What was asked since the last call. */
  taken(): Asked[] {
    return this.#endpoint.requests.splice(0).map(askedBy);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#endpoint[Symbol.asyncDispose]();
  }
}

function askedBy({ method, url, body }: Received): Asked {
  return {
    what: `${method} ${decodeURIComponent(url.replace('/api/v3/', ''))}`,
    body: jsonOr(body.toString()),
  };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : text;
  }
}
