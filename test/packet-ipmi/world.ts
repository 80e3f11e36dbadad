import { rm } from 'node:fs/promises';
import { load } from 'js-yaml';
import { COMMUNITY_CONTENT } from '../../cmd/drpkit/demo/community-content.ts';
import { Provisioner } from '../../cmd/packet-ipmi/provisioner.ts';
import type { Settings } from '../../cmd/packet-ipmi/settings.ts';
import { contentYamlString } from '../../content/packet-ipmi.generated.ts';
import { Client, type Content, type Machine } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { type MetalOptions, MetalService } from '../support/metal-service/index.ts';
import { until } from '../support/until.ts';
import { findMachine, readyMachine } from './machines.ts';

export const PLUGIN = 'metal';

/** Collects lines as `level message`. */
export function lineLog(lines: string[]): Logger {
  const write = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log: Logger = {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    panic: write('panic'),
    audit: write('audit'),
    fork: () => log,
    with: () => log,
    noRepublish: () => log,
  };
  return log;
}

/** An endpoint with the content pack, for all tests of a file. */
export class TestEndpoint implements AsyncDisposable {
  readonly endpoint: RunningEndpoint;
  readonly api: Client;
  readonly #root: string;

  private constructor(endpoint: RunningEndpoint, root: string) {
    this.endpoint = endpoint;
    this.api = new Client({ endpoint: endpoint.url, token: endpoint.token });
    this.#root = root;
  }

  static async start(): Promise<TestEndpoint> {
    const root = await endpointRoot('packet-');
    const endpoint = await startEndpoint({ root, port: 0, staticPort: 0, packs: [COMMUNITY_CONTENT] });
    // At its start it takes away packs of providers that are not there, and this one is uploaded without its provider.
    await endpoint.ready;
    const started = new TestEndpoint(endpoint, root);
    await started.api.contents().create(load(contentYamlString) as Content);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.endpoint.close();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** A cloud of its own, and a provisioner between it and an endpoint, without the plugin around it. */
export class World implements AsyncDisposable {
  readonly cloud: MetalService;
  readonly api: Client;
  readonly lines: string[] = [];
  readonly settings: Settings;
  readonly plugin: string;
  #provisioner: Provisioner | undefined;

  private constructor(api: Client, cloud: MetalService, settings: Partial<Settings>) {
    this.api = api;
    this.cloud = cloud;
    made += 1;
    this.plugin = `${PLUGIN}-${made}`;
    this.settings = {
      key: cloud.key,
      url: cloud.url,
      project: undefined,
      importExisting: false,
      readyTimeoutMs: 20_000,
      pollMs: 5,
      orderMs: 20_000,
      settleMs: 50,
      ...settings,
    };
  }

  static async start(
    { api }: TestEndpoint,
    options: MetalOptions & { settings?: Partial<Settings> } = {},
  ): Promise<World> {
    const world = new World(api, await MetalService.start(options), options.settings ?? {});
    await world.open();
    return world;
  }

  /** The provisioner that works now. */
  get provisioner(): Provisioner {
    if (this.#provisioner === undefined) throw new Error('it is closed');
    return this.#provisioner;
  }

  async open(settings: Partial<Settings> = {}): Promise<void> {
    this.#provisioner = await Provisioner.open(
      {
        plugin: this.plugin,
        settings: { ...this.settings, ...settings },
        api: this.api,
        log: lineLog(this.lines),
        fileServer: 'http://files.example:8091',
      },
      AbortSignal.timeout(20_000),
    );
  }

  async close(): Promise<void> {
    await this.#provisioner?.close();
    this.#provisioner = undefined;
  }

  /** Makes a machine for the plugin, without a word to the provisioner. */
  async machine(params: Record<string, unknown> = {}, name = `m${++made}.example.com`): Promise<Machine> {
    const Params = { 'machine-plugin': this.plugin, ...params };
    return this.api.objects('machines').create({ Name: name, Params });
  }

  /** Makes a machine, and tells the provisioner of it as the event does. */
  async created(params: Record<string, unknown> = {}): Promise<Machine> {
    const machine = await this.machine(params);
    await this.provisioner.machineCreated(machine.Uuid, AbortSignal.timeout(20_000));
    return machine;
  }

  /** Deletes a machine, and tells the provisioner of it as the event does. */
  async deleted(uuid: string): Promise<void> {
    const machine = await this.api.objects('machines').remove(uuid);
    await this.provisioner.machineDeleted(uuid, machine, AbortSignal.timeout(20_000));
  }

  /** The machine, or undefined when it is gone. */
  look(uuid: string): Promise<Machine | undefined> {
    return findMachine(this.api, uuid);
  }

  /** Waits until the machine is a device, and returns it. */
  ready(uuid: string): Promise<Machine> {
    return readyMachine(this.api, uuid, this.lines);
  }

  async gone(uuid: string): Promise<void> {
    await until(async () => (await this.look(uuid)) === undefined, `machine ${uuid} to be gone`);
  }

  /** What the ledger at the endpoint has. */
  async ledger(): Promise<unknown> {
    const params = this.api.params('profiles', `packet-devices-${this.plugin}`);
    try {
      return (await params.get('packet/devices')) ?? {};
    } catch (error) {
      if (error instanceof ModelError && error.code === 404) return {};
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.cloud[Symbol.asyncDispose]();
    for (const { Uuid, Params } of await this.api.objects('machines').list()) {
      if (Params?.['machine-plugin'] === this.plugin) await this.api.objects('machines').remove(Uuid);
    }
  }
}

let made = 0;
