import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMMUNITY_CONTENT } from '../../cmd/drpkit/demo/community-content.ts';
import { Client, type Machine } from '../../lib/api/index.ts';
import type { RawModel } from '../../lib/models/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { binary } from '../support/binary.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { type MetalOptions, MetalService } from '../support/metal-service/index.ts';
import { until } from '../support/until.ts';
import { findMachine, readyMachine } from './machines.ts';

/** Nothing that is logged, told or stored may hold it. */
export const KEY = 's3cr3t-metal-key';

/** A development endpoint with the executable in its plugins folder, a cloud, and the plugin `metal` between them. */
export class Scene implements AsyncDisposable {
  readonly running: Running;
  readonly cloud: MetalService;
  readonly api: Client;
  readonly #pidFile: string;

  private constructor(running: Running, cloud: MetalService, pidFile: string) {
    this.running = running;
    this.cloud = cloud;
    const { url, token } = running.endpoint;
    this.api = new Client({ endpoint: url, token });
    this.#pidFile = pidFile;
  }

  /** `restartFirst` is how long a plugin that died stays away, in ms. */
  static async start(
    options: MetalOptions & { restartFirst?: number; params?: RawModel } = {},
  ): Promise<Scene> {
    const { restartFirst = 10, params = {}, ...metal } = options;
    const root = await endpointRoot('packet-');
    const pidFile = join(root, 'pid');
    const executable = join(root, 'plugins', 'packet-ipmi');
    await mkdir(join(root, 'plugins'));
    const script = [
      '#!/bin/sh',
      `[ "$1" != listen ] || echo $$ >'${pidFile}'`,
      `exec '${binary('packet-ipmi')}' "$@"`,
    ];
    await writeFile(executable, `${script.join('\n')}\n`);
    await chmod(executable, 0o700);
    const cloud = await MetalService.start({ key: KEY, ...metal });
    const limits = { restartFirst, restartLongest: restartFirst };
    const scene = new Scene(await Running.open({ root, limits, packs: [COMMUNITY_CONTENT] }), cloud, pidFile);
    await scene.plugin({ 'packet/api-url': cloud.url, 'packet/poll-interval': 0.05, ...params });
    return scene;
  }

  /** Makes the plugin, or gives it other params, and waits until it has started or failed. Returns its errors. */
  async plugin(Params: RawModel): Promise<string[]> {
    const plugins = this.api.objects('plugins');
    if (await plugins.exists('metal')) {
      const { Params: before, ...rest } = await plugins.get('metal');
      await plugins.put('metal', { ...rest, Params: { ...before, ...Params }, PluginErrors: [] });
    } else {
      await plugins.create({ Name: 'metal', Provider: 'packet-ipmi', Params });
      await this.api.params('plugins', 'metal').setSecure('packet/api-key', KEY);
    }
    let errors: string[] = [];
    await until(async () => {
      const { PluginErrors } = await plugins.get('metal');
      errors = (PluginErrors ?? []).filter((error) => error !== 'Missing required parameter: packet/api-key');
      return errors.length > 0 || (await this.offers());
    }, 'the plugin to be started');
    return errors;
  }

  /** Whether the plugin takes actions. */
  async offers(): Promise<boolean> {
    return (await this.running.list('plugins/metal/actions?plugin=metal')).length > 0;
  }

  machine(Name: string, params: RawModel = {}): Promise<Machine> {
    return this.api.objects('machines').create({ Name, Params: { 'machine-plugin': 'metal', ...params } });
  }

  look(uuid: string): Promise<Machine | undefined> {
    return findMachine(this.api, uuid);
  }

  /** Waits until the machine is a device, and returns it. */
  ready(uuid: string): Promise<Machine> {
    return readyMachine(this.api, uuid);
  }

  run(uuid: string, command: string, params: RawModel = {}): Promise<unknown> {
    return this.api.actions('machines', uuid).run(command, params);
  }

  /** Waits until the log has a line that fits. */
  async logged(pattern: RegExp): Promise<void> {
    await until(() => this.running.log.some(({ Message }) => pattern.test(Message)), `${pattern} in the log`);
  }

  /** Ends the plugin's process as a crash does. */
  async kill(): Promise<void> {
    const pid = Number(await readFile(this.#pidFile, 'utf8'));
    const deaths = () =>
      this.running.log.filter(({ Message }) => Message.startsWith('Plugin metal died')).length;
    const before = deaths();
    process.kill(pid, 'SIGKILL');
    // It can be back before anybody has looked whether it is away.
    await until(() => deaths() > before, 'the endpoint to notice');
  }

  /** Waits until the endpoint has started the plugin again. */
  async back(): Promise<void> {
    await until(() => this.offers(), 'the plugin to be back');
  }

  /**
   * Checks that machines and devices agree: each machine of the plugin is one device of its own, and no device is left.
   */
  async consistent(): Promise<void> {
    const machines = (await this.api.objects('machines').list()).filter(
      ({ Params }) => Params?.['machine-plugin'] === 'metal',
    );
    const ids = machines.map(({ Params }) => String(Params?.['packet/uuid'])).sort();
    const devices = this.cloud.devices.map(({ id }) => id).sort();
    if (ids.join() !== devices.join()) throw new Error(`machines are ${ids}, devices are ${devices}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.running[Symbol.asyncDispose]();
    await this.cloud[Symbol.asyncDispose]();
  }
}
