import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PluginClient, type Volume } from '../../lib/docker/index.ts';
import { binary } from '../support/binary.ts';
import { until } from '../support/until.ts';

/** The executable `volumes`, at work below a root. */
export class DriverProcess {
  readonly client: PluginClient;
  readonly #child: ChildProcess;
  #stderr = '';

  private constructor(child: ChildProcess, socket: string) {
    this.#child = child;
    this.client = new PluginClient({ name: 'ours', address: `unix://${socket}` });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
  }

  /** Returns when it serves. */
  static async start(root: string, socket = join(root, 'ours.sock')): Promise<DriverProcess> {
    const args = ['--root', root, '--name', 'ours', '--socket', socket];
    const started = new DriverProcess(
      spawn(binary('volumes'), args, { stdio: ['ignore', 'ignore', 'pipe'] }),
      socket,
    );
    await until(() => started.#stderr.includes('ours serves'), `the driver to serve: ${started.#stderr}`);
    return started;
  }

  /** Throws ModelError 502 when it dies meanwhile: nothing is tried again. */
  call(method: string, args: object = {}): Promise<unknown> {
    return this.client.call(`VolumeDriver.${method}`, args, { retry: false, timeoutMs: 60_000 });
  }

  async list(): Promise<Map<string, Volume>> {
    const { Volumes } = (await this.call('List')) as { Volumes: Volume[] };
    return new Map(Volumes.map((volume) => [volume.Name, volume]));
  }

  /** Ends it by a signal, and returns its exit code and what it printed. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; stderr: string }> {
    const ended = once(this.#child, 'close');
    this.#child.kill(signal);
    const [code] = await ended;
    return { code: code as number | null, stderr: this.#stderr };
  }

  get stderr(): string {
    return this.#stderr;
  }
}
