import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an endpoint was asked. */
export interface Asked {
  /** `GET jobs/1/log?os=linux`, below `/api/v3/`. */
  what: string;
  body: unknown;
}

/** Answers of an endpoint that no endpoint here gives, and what was asked for. A text is sent as it is. */
export class ApiStandIn implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  private constructor(answers: Readonly<Record<string, unknown>>) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      const what = `${request.method} ${decodeURIComponent(request.url?.replace('/api/v3/', '') ?? '')}`;
      this.asked.push({ what, body: jsonOr(text) });
      const answer = answers[what];
      const found = answer !== undefined || request.method !== 'GET';
      const [type, body] =
        typeof answer === 'string'
          ? ['application/octet-stream', answer]
          : ['application/json', JSON.stringify(found ? (answer ?? jsonOr(text) ?? null) : notFound(what))];
      response.writeHead(found ? 200 : 404, { 'content-type': type }).end(body);
    });
  }

  static async open(answers: Readonly<Record<string, unknown>>): Promise<ApiStandIn> {
    const standIn = new ApiStandIn(answers);
    standIn.#server.listen(0, '127.0.0.1');
    await once(standIn.#server, 'listening');
    return standIn;
  }

  get env(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return { RS_ENDPOINT: `http://127.0.0.1:${port}`, RS_TOKEN: 'token' };
  }

  /** What was asked since the last call. */
  taken(): Asked[] {
    return this.asked.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : text;
  }
}

function notFound(what: string) {
  return { Model: '', Key: what, Type: 'GET', Messages: ['Not Found'], Code: 404 };
}
