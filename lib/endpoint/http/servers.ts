import type { Server } from 'node:https';
import type { Certificate } from './certificate.ts';
import type { MakeFile } from './file-answer.ts';
import { createFileServer } from './file-server.ts';
import { Listener, urlHost } from './listener.ts';
import { createApiServer } from './server.ts';

/** Ports; 0 while a server does not listen. */
export interface Ports {
  api: number;
  files: number;
}

/** The server of the API and the static file server, on ports of one address. */
export class Servers {
  /** Answers nothing until it is passed to `serveApi`. */
  readonly apiServer: Server;
  readonly #address: string;
  readonly #api: Listener;
  readonly #files: Listener;

  /** `make` is that of `createFileServer`. */
  constructor(parts: { address: string; certificate: Certificate; webRoot: string; make: MakeFile }) {
    this.#address = parts.address;
    this.apiServer = createApiServer(parts.certificate);
    this.#api = new Listener(this.apiServer);
    this.#files = new Listener(createFileServer(parts.webRoot, parts.make));
  }

  /** Listens. Rejects when a port is in use. Port 0 means any free port. */
  async open({ api, files }: Ports): Promise<void> {
    await this.#files.open(files, this.#address);
    await this.#api.open(api, this.#address);
  }

  get ports(): Ports {
    return { api: this.#api.port, files: this.#files.port };
  }

  /** `https://127.0.0.1:8092` */
  get url(): string {
    return `https://${urlHost(this.#address)}:${this.#api.port}`;
  }

  /** `http://127.0.0.1:8091` */
  get fileServerUrl(): string {
    return `http://${urlHost(this.#address)}:${this.#files.port}`;
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await Promise.all([this.#api.close(), this.#files.close()]);
  }
}
