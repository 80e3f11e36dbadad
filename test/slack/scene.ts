import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import type { LogLine } from '../../lib/models/index.ts';
import { binary } from '../support/binary.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { type Bot, type PostedMessage, SlackService } from '../support/slack-service/index.ts';
import { until } from '../support/until.ts';

export const TOKEN = 'xoxb-0000-the-bot-of-the-tests';

/** An endpoint, Slack with a bot in `#ops`, and the built provider in the plugins folder. */
export class Scene implements AsyncDisposable {
  readonly endpoint: RunningEndpoint;
  readonly slack: SlackService;
  readonly bot: Bot;
  readonly api: Client;
  readonly log: LogLine[];
  readonly #root: string;

  private constructor(parts: Pick<Scene, 'endpoint' | 'slack' | 'bot' | 'api' | 'log'>, root: string) {
    this.endpoint = parts.endpoint;
    this.slack = parts.slack;
    this.bot = parts.bot;
    this.api = parts.api;
    this.log = parts.log;
    this.#root = root;
  }

  /** Without `provider` the plugins folder is empty. */
  static async open({ provider = true } = {}): Promise<Scene> {
    const root = await endpointRoot('slack-');
    await mkdir(join(root, 'plugins'));
    if (provider) await symlink(binary('slack'), join(root, 'plugins', 'slack'));
    const slack = await SlackService.start();
    const bot = slack.addBot({ token: TOKEN });
    slack.addChannel({ name: 'ops', members: [bot] });
    const log: LogLine[] = [];
    const endpoint = await startEndpoint({
      root,
      port: 0,
      staticPort: 0,
      onLog: (line) => log.push(line),
      limits: { ping: 60_000 },
    });
    await endpoint.ready;
    const api = new Client({ endpoint: endpoint.url, token: endpoint.token });
    return new Scene({ endpoint, slack, bot, api, log }, root);
  }

  /** Makes a plugin object and waits until the plugin runs or has failed; returns its errors. */
  async plugin(params: Readonly<Record<string, unknown>> = {}, name = 'slack'): Promise<string[]> {
    const { 'slack/bot-key': key = TOKEN, ...open } = params;
    const Params = { 'slack/api-url': this.slack.url, ...open };
    await this.api.objects('plugins').create({ Name: name, Provider: 'slack', Params });
    const configured = this.configured;
    await this.api.params('plugins', name).setSecure('slack/bot-key', key);
    let errors: string[] = [];
    await until(async () => {
      const { PluginErrors } = await this.api.objects('plugins').get(name);
      errors = (PluginErrors ?? []).filter((error) => error !== 'Missing required parameter: slack/bot-key');
      return errors.length > 0 || this.configured > configured;
    }, 'the plugin to start');
    return errors;
  }

  /** The first message in a channel that `pattern` is found in: its text or its blocks. */
  async message(pattern: RegExp, channel = 'ops'): Promise<PostedMessage> {
    const find = () => this.slack.in(channel).find((message) => pattern.test(contentOf(message)));
    await until(() => find() !== undefined, `a message with ${pattern} in #${channel}`);
    return find() as PostedMessage;
  }

  async event(event: Readonly<Record<string, unknown>>): Promise<void> {
    await this.api.postEvent({ Time: new Date().toISOString(), ...event });
  }

  /** How often a plugin has taken its configuration. */
  get configured(): number {
    return this.log.filter(({ Message }) => /^API: st: 200 .*\/config$/.test(Message)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.endpoint.close();
    await this.slack[Symbol.asyncDispose]();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** All that people see of a message. */
export function contentOf({ text, blocks }: PostedMessage): string {
  const shown = blocks.flatMap((block) => [
    block.text?.text ?? '',
    ...(block.elements ?? []).map(({ text }) => text),
  ]);
  return [text, ...shown].join('\n');
}
