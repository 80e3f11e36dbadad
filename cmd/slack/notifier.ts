import type { Params } from '../../content/slack.generated.ts';
import type { Event } from '../../lib/models/index.ts';
import type { ConfigContext, EventContext } from '../../lib/plugin/index.ts';
import { ChannelQueue, type Outlet } from './channel-queue.ts';
import { entryOf } from './entry.ts';
import { PROVIDER, refusal } from './failure.ts';
import { GAP, greeting } from './greeting.ts';
import { endpointAddress, endpointPage, Links } from './links.ts';
import { Mask } from './mask.ts';
import { LONGEST_TEXT } from './message.ts';
import { SecureParams } from './secure-params.ts';
import { endpointSelectors, Selection } from './selection.ts';
import { type Settings, settingsFrom } from './settings.ts';
import type { Channel } from './slack-api.ts';
import { Workspace } from './workspace.ts';

/** Time limit for a configuration in ms: the endpoint waits for it. */
const CONFIG_MS = 45_000;
/** A plugin has 5 s to stop. */
const STOP_MS = 4000;
/** How long in ms a removed channel may take to get the rest of its queue. */
const RETIRE_MS = 30_000;

/** The state that belongs to one configuration. */
interface Configuration {
  settings: Settings;
  workspace: Workspace;
  links: Links;
  mask: Mask;
  secure: SecureParams;
  selection: Selection;
}

/** A message that was posted. */
export interface Posted {
  channel: string;
  name: string;
  /** Identifies the message in its channel, for replies. */
  ts: string;
}

/** Posts events of the endpoint, and texts of tasks and users, to Slack. */
export class Notifier {
  #configuration: Configuration | undefined;
  readonly #queues = new Map<string, ChannelQueue>();
  /** The workspace of the queues: channel ids are only unique within one. */
  #team = '';
  /** Channels in use that have been greeted. */
  #greeted = new Set<string>();
  /** Set during the first configuration: events before its end are not reported. */
  #begins = false;
  /** Queues of removed channels until they are empty. */
  readonly #retiring = new Set<ChannelQueue>();

  /**
   * Applies new params. Queues of kept channels continue with the new token; removed channels get what was queued for
   * them. Throws ModelError; then the earlier configuration stays in force.
   */
  async configure({ params, plugin, api, log, signal }: ConfigContext<Params>): Promise<void> {
    const settings = settingsFrom(params);
    const quiet = log.noRepublish();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CONFIG_MS)]);
    const secure = new SecureParams(api);
    let workspace: Workspace;
    let channels: Channel[];
    try {
      workspace = await Workspace.open(settings.token, settings.url, limit);
      channels = await workspace.channels(settings.channels, limit);
      await secure.read(limit);
      const info = await api.info({ signal: limit });
      const links = new Links(settings.uxUrl ?? endpointPage(info));
      const mask = new Mask(secure.has, [settings.token]);
      const selection = new Selection(settings.events, this.#configuration?.selection.failures);
      // From here on nothing waits or fails, so that the configuration changes as a whole.
      workspace.succeed(this.#configuration?.workspace);
      this.#configuration = { settings, workspace, links, mask, secure, selection };
      this.#begins = true;
      this.#changeLanes(channels, this.#configuration, quiet, plugin, endpointAddress(info));
    } catch (error) {
      if (!limit.aborted || signal.aborted) throw error;
      const advice = `see whether Slack at ${settings.url} (slack/api-url) answers`;
      throw refusal(504, `The configuration took longer than ${CONFIG_MS / 1000} s: ${advice}`);
    }
    const { bot, team } = workspace.identity;
    const names = channels.map(({ name }) => `#${name}`);
    if (names.length > 0) quiet.info(`Writing as ${bot} in ${team} to ${names.join(', ')}`);
    else
      quiet.warn(
        `${bot} is in no channel of ${team}: type "/invite @${bot}" in one, and start the plugin again`,
      );
  }

  /** The selectors to register at the endpoint. Throws ModelError before the first configuration. */
  selectors(): string[] {
    return endpointSelectors(this.#configured().settings.events);
  }

  /** Queues an event for its channels. Returns when it is queued. */
  async tell({ event, log, plugin, signal }: EventContext): Promise<void> {
    const { secure } = this.#configuration ?? {};
    if (isOwnLog(event, plugin)) return;
    secure?.notice(event);
    const selected = this.#configuration?.selection.select(event);
    if (selected === undefined || secure === undefined) return;
    await secure.refresh(signal, log);
    // The configuration may have changed meanwhile.
    if (this.#configuration === undefined) return;
    const { settings, mask, links } = this.#configuration;
    const entry = entryOf(selected, settings.format, mask, links);
    for (const queue of this.#queues.values()) queue.add(entry);
  }

  /** Posts a notice that events may have been missed. */
  missed(): void {
    if (!this.#begins) for (const queue of this.#queues.values()) queue.greet(GAP);
    this.#begins = false;
  }

  /** Posts a text unchanged. Throws ModelError that names the channels where it was posted nevertheless. */
  async post(text: string, wanted: readonly string[], signal: AbortSignal): Promise<{ posted: Posted[] }> {
    const { workspace, settings } = this.#configured();
    if (text.trim() === '') throw refusal(400, 'slack/message: is empty');
    if (text.length > LONGEST_TEXT) {
      throw refusal(400, `slack/message: has ${text.length} characters, Slack takes ${LONGEST_TEXT}`);
    }
    const channels = await workspace.channels(wanted.length > 0 ? wanted : settings.channels, signal);
    if (channels.length === 0) {
      const { bot, team } = workspace.identity;
      throw refusal(409, `${bot} is in no channel of ${team}: type "/invite @${bot}" in one`);
    }
    const results = await Promise.allSettled(
      channels.map((channel) => workspace.postInTurn(channel, { text }, signal)),
    );
    signal.throwIfAborted();
    const posted: Posted[] = [];
    const problems: string[] = [];
    let code = 500;
    for (const [at, { id, name }] of channels.entries()) {
      const result = results[at];
      if (result?.status === 'fulfilled') posted.push({ channel: id, name, ts: result.value });
      else if (result !== undefined) {
        const { messages, code: its = 500 } = result.reason as { messages?: string[]; code?: number };
        code = its;
        problems.push(...(messages ?? [String(result.reason)]).map((message) => `#${name}: ${message}`));
      }
    }
    if (problems.length === 0) return { posted };
    if (posted.length > 0) problems.push(`Posted in ${posted.map(({ name }) => `#${name}`).join(', ')}`);
    throw refusal(code, problems);
  }

  /** Sends what is queued, as one message per channel. */
  async stop(): Promise<void> {
    this.#configuration = undefined;
    const queues = [...this.#queues.values(), ...this.#retiring];
    this.#queues.clear();
    await Promise.all(queues.map((queue) => queue.end(STOP_MS, { last: true })));
  }

  #configured(): Configuration {
    if (this.#configuration === undefined) throw refusal(409, 'The plugin is not configured');
    return this.#configuration;
  }

  #changeLanes(
    channels: readonly Channel[],
    { settings, workspace, links }: Configuration,
    log: Outlet['log'],
    plugin: string,
    address: string,
  ): void {
    const { teamId, userId } = workspace.identity;
    const kept = new Set(teamId === this.#team ? channels.map(({ id }) => id) : []);
    for (const [id, queue] of this.#queues) {
      if (kept.has(id)) continue;
      this.#queues.delete(id);
      this.#retire(queue);
    }
    const greeted = new Set<string>();
    for (const channel of channels) {
      const outlet: Outlet = {
        name: `#${channel.name}`,
        pace: workspace.pace,
        burstMs: settings.burstMs,
        post: (message, signal) => workspace.post(channel, message, signal),
        log,
      };
      const queue = this.#queues.get(channel.id) ?? new ChannelQueue(channel.id, outlet);
      queue.use(outlet);
      this.#queues.set(channel.id, queue);
      const who = `${teamId}/${userId}/${channel.id}`;
      greeted.add(who);
      if (!this.#greeted.has(who)) queue.greet(greeting(plugin, address, settings, links));
    }
    this.#greeted = greeted;
    this.#team = teamId;
  }

  #retire(queue: ChannelQueue): void {
    this.#retiring.add(queue);
    void queue.end(RETIRE_MS).then(() => this.#retiring.delete(queue));
  }
}

/** Whether the event is a log line of a slack plugin. Posting it would log again, in a loop. */
function isOwnLog({ Type, Key, Object: object }: Event, plugin: string): boolean {
  if (Type !== 'log') return false;
  const service = (object as { Service?: unknown } | null)?.Service;
  return [Key, service].some((name) => name === PROVIDER || name === plugin);
}
