import { once } from 'node:events';
import { Agent, request } from 'node:http';

export interface CallAnswer {
  status: number;
  text: string;
}

/** The endpoint's side of a plugin's socket: calls run in parallel, and connections are kept. */
export class PluginCalls implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  action(action: { Command: string; [field: string]: unknown }, signal?: AbortSignal): Promise<CallAnswer> {
    return this.post('action', action, signal);
  }

  async post(path: string, body: unknown, signal?: AbortSignal): Promise<CallAnswer> {
    const text = JSON.stringify(body);
    const outgoing = request({
      socketPath: this.#socketPath,
      agent: this.#agent,
      method: 'POST',
      path: `/api-plugin/v4/${path}`,
      signal,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    });
    outgoing.end(text);
    const [incoming] = await once(outgoing, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
