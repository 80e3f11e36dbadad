import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Params } from '../../content/callback.generated.ts';
import type { Client } from '../../lib/api/index.ts';
import { type Event, isObject, ModelError, type RawModel } from '../../lib/models/index.ts';
import type { ActionContext, ConfigContext, EventContext, Logger } from '../../lib/plugin/index.ts';
import { objectBody, overrideBody, withoutSecretFields } from './body.ts';
import { type Answered, CallbackFailure, Caller } from './caller.ts';
import { type Callback, plainCallback, urlProblem } from './entry.ts';
import { Exchange } from './exchange.ts';
import { messagesOf, PROVIDER, refusal } from './failure.ts';
import { Outbox } from './outbox.ts';
import { type Kept, type Pending, PendingStore } from './pending.ts';
import { Rendering } from './rendering.ts';
import { resultOf } from './result.ts';
import { endpointSelectors, type Firing, Selection } from './selection.ts';
import { type Settings, settingsFrom } from './settings.ts';
import { Subject } from './subject.ts';
import { Tokens } from './tokens.ts';

/** A plugin has 5 s to stop. */
const STOP_MS = 4000;
/** Durable callbacks are dropped after this time in ms. */
const LONGEST_WAIT_MS = 7 * 86_400_000;
/** Limit for stored callbacks. */
const MOST_KEPT = 20_000;

/** The state that belongs to one configuration. */
interface Configuration {
  settings: Settings;
  exchange: Exchange;
  rendering: Rendering;
  caller: Caller;
  api: Client;
  /** Its lines do not become events. */
  log: Logger;
  plugin: string;
}

type Asked = Readonly<Partial<Pick<Params, 'callback/action' | 'callback/url' | 'callback/data-override'>>>;

/** Sends callbacks for actions and events. */
export class Callbacks {
  readonly #selection = new Selection();
  readonly #outbox: Outbox;
  readonly #ended = new AbortController();
  #configuration: Configuration | undefined;
  #kept: PendingStore | undefined;

  constructor(outbox = new Outbox()) {
    this.#outbox = outbox;
  }

  /** Throws ModelError; then the earlier configuration stays in force. */
  async configure({ params, plugin, api, log, signal }: ConfigContext<Params>): Promise<void> {
    const settings = settingsFrom(params);
    const quiet = log.noRepublish();
    const file = join(process.cwd(), `callback-${encodeURIComponent(plugin)}.db`);
    const isDurable = [...settings.callbacks.values()].some(({ durable }) => durable);
    const opened =
      this.#kept === undefined && (isDurable || existsSync(file))
        ? await PendingStore.open(file, signal)
        : undefined;
    const exchange = new Exchange(settings.proxy);
    const tokens = new Tokens(exchange, this.#ended.signal);
    const { auths, proxy } = settings;
    const password = proxy === undefined ? '' : decodeURIComponent(new URL(proxy).password);
    const caller = new Caller(exchange, tokens, auths, [password]);
    const rendering = new Rendering(auths, tokens);
    this.#configuration?.exchange.close();
    this.#configuration = { settings, exchange, rendering, caller, api, log: quiet, plugin };
    this.#selection.use(settings.callbacks);
    const names = [...settings.callbacks.keys()];
    quiet.info(names.length === 0 ? 'There are no callbacks' : `Callbacks: ${names.join(', ')}`);
    if (opened === undefined) return;
    this.#kept = opened;
    const left = opened.all();
    if (left.length > 0) quiet.info(`${left.length} callbacks wait from before`);
    for (const one of left) this.#sendKept(one);
  }

  /** The selectors to register at the endpoint. Throws ModelError before the first configuration. */
  selectors(): string[] {
    return endpointSelectors(this.#configured().settings.callbacks);
  }

  /** Sends a callback for an action. Throws ModelError. */
  async act(context: ActionContext<Asked>): Promise<unknown> {
    const { api, log, params, prefix, model, signal } = context;
    const { settings, rendering, caller } = this.#configured();
    const name = params['callback/action'] ?? '';
    const url = params['callback/url'] ?? '';
    if (name === '' && url === '')
      throw refusal(400, 'callback/action: expected the name of a callback, or a URL in callback/url');
    const callback = name === '' ? plainCallback(url) : settings.callbacks.get(name);
    if (callback === undefined) {
      log.warn(`The callback is skipped because its action is unknown: ${name}; see callback/callbacks`);
      return `Callback skipped because action unknown: ${name}`;
    }
    const subject = new Subject(api, prefix === 'system' ? 'profiles' : prefix, model);
    const override = params['callback/data-override'];
    const parts = { rendering, caller, log, signal };
    return resultOf(callback, await call(callback, { subject, override, id: crypto.randomUUID() }, parts));
  }

  /** Queues the callbacks of an event. Returns when they are queued. */
  tell({ event, plugin, log }: EventContext): void {
    if (isOwnLog(event, plugin)) return;
    for (const firing of this.#selection.firings(event)) this.#enqueue(firing, event, log);
  }

  /** Sends queued callbacks while there is time. */
  async stop(): Promise<void> {
    const { log, exchange } = this.#configuration ?? {};
    const left = await this.#outbox.end(STOP_MS);
    this.#ended.abort(refusal(503, 'The plugin stops'));
    const kept = this.#kept?.all().length ?? 0;
    if (kept > 0) log?.info(`${kept} callbacks are kept until the plugin starts again`);
    if (left > kept) log?.warn(`${left - kept} callbacks were not sent: no time was left`);
    exchange?.close();
    this.#kept?.[Symbol.dispose]();
    this.#kept = undefined;
    this.#configuration = undefined;
  }

  #configured(): Configuration {
    if (this.#configuration === undefined) throw refusal(409, 'The plugin is not configured');
    return this.#configuration;
  }

  #enqueue(firing: Firing, event: Event, log: Logger): void {
    const pending: Pending = { ...firing, id: crypto.randomUUID(), event, since: Date.now() };
    const isDurable = this.#configuration?.settings.callbacks.get(firing.callback)?.durable === true;
    if (isDurable && this.#kept !== undefined) {
      if (this.#outbox.size < MOST_KEPT) this.#sendKept({ ...firing, number: this.#kept.add(pending) });
      else log.error(`${firing.callback} was not called for ${firing.queue}: ${MOST_KEPT} callbacks wait`);
      return;
    }
    const bytes = JSON.stringify(event).length;
    const send = (signal: AbortSignal) => this.#deliver(pending, false, signal);
    if (this.#outbox.add({ queue: firing.queue, callback: firing.callback, bytes, send })) return;
    log.error(`${firing.callback} was not called for ${firing.queue}: the queue is full`);
  }

  /** Queues a stored callback. Its data are read when it is sent. */
  #sendKept({ number, queue, callback }: Kept): void {
    const send = async (signal: AbortSignal) => {
      const pending = this.#kept?.get(number);
      if (pending === undefined) return 'done';
      const result = await this.#deliver(pending, true, signal);
      if (result === 'done') this.#kept?.remove(number);
      return result;
    };
    this.#outbox.add({ queue, callback, bytes: 0, send }, { isKept: true });
  }

  /** Never rejects. */
  async #deliver(pending: Pending, isKept: boolean, signal: AbortSignal): Promise<'done' | 'again'> {
    const { settings, log, api, rendering, caller } = this.#configured();
    const callback = settings.callbacks.get(pending.callback);
    const what = `${pending.callback}, for ${pending.queue}`;
    if (callback === undefined) {
      log.warn(`${what}: was not called: it is no longer in callback/callbacks`);
      return 'done';
    }
    try {
      const subject = await subjectOf(api, pending, signal);
      const event: RawModel = {
        ...pending.event,
        Object: eventObject(pending.event.Object),
        Original: eventObject(pending.event.Original),
      };
      await call(
        callback,
        { subject, event, about: pending.about, id: pending.id },
        { rendering, caller, log, signal },
      );
      log.debug(`${what}: done`);
      return 'done';
    } catch (error) {
      if (signal.aborted) return 'again';
      const isTemporary = error instanceof CallbackFailure ? error.isTemporary : !isFinal(error);
      const isLate = Date.now() - pending.since > LONGEST_WAIT_MS;
      const again = isKept && isTemporary && !isLate;
      const then = again
        ? 'it is tried again'
        : isKept
          ? 'it is given up'
          : 'it is not tried again: see Retry and Durable';
      log.error(`${messagesOf(error).join('; ')}; for ${pending.queue}: ${then}`);
      return again ? 'again' : 'done';
    }
  }
}

function eventObject(value: unknown): unknown {
  return isObject(value) ? withoutSecretFields(value) : value;
}

/** The circumstances of a call. */
interface Occasion {
  subject: Subject;
  override?: unknown;
  event?: RawModel;
  about?: Firing['about'];
  id: string;
}

interface Parts {
  rendering: Rendering;
  caller: Caller;
  log: Logger;
  signal: AbortSignal;
}

/** Renders and sends a callback. Throws ModelError. */
async function call(
  callback: Callback,
  occasion: Occasion,
  { rendering, caller, log, signal }: Parts,
): Promise<Answered> {
  const { subject, override, event, id } = occasion;
  const template = typeof override === 'string' && !callback.noBody ? override : undefined;
  const texts = new Map([
    ['Url', callback.url],
    ...Object.entries(callback.headers).map(([name, value]) => [`Headers.${name}`, value] as const),
    ...(template === undefined ? [] : [['callback/data-override', template] as const]),
  ]);
  const rendered = await rendering.render(callback, texts, subject, event, signal);
  const url = rendered.texts.get('Url')?.trim() ?? '';
  const problem = urlProblem(url);
  if (problem !== undefined) throw refusal(422, `${callback.name}: Url, when it is rendered: ${problem}`);
  const headers: Record<string, string> = {};
  for (const name of Object.keys(callback.headers)) {
    const value = rendered.texts.get(`Headers.${name}`)?.trim() ?? '';
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw refusal(
        422,
        `${callback.name}: Headers.${name}, when it is rendered: has characters that a header cannot have`,
      );
    }
    headers[name] = value;
  }
  const { body, secrets } = await bodyOf(
    callback,
    occasion,
    rendered.texts.get('callback/data-override'),
    signal,
  );
  const message = { callback, url, headers, body, id, secrets: [...rendered.secrets, ...secrets] };
  return caller.call(message, log, signal);
}

async function bodyOf(
  callback: Callback,
  { subject, override, event, about }: Occasion,
  text: string | undefined,
  signal: AbortSignal,
): Promise<{ body: string | undefined; secrets: string[] }> {
  if (callback.noBody) return { body: undefined, secrets: [] };
  if (override !== undefined) return { body: overrideBody(override, text, callback), secrets: [] };
  const isGone = event !== undefined && event.Action === 'delete';
  const read = isGone ? undefined : await subject.params(callback, signal);
  const secrets = read?.secrets ?? [];
  const object = objectBody(subject.object, read?.values, callback);
  if (about !== 'event') return { body: JSON.stringify(object), secrets };
  const { Original, Object: told, ...rest } = event ?? {};
  const original = isObject(Original) ? objectBody(Original, undefined, callback) : Original;
  return {
    body: JSON.stringify({ ...rest, Object: isObject(told) ? object : told, Original: original }),
    secrets,
  };
}

/** The subject of a callback that was triggered by an event. Throws ModelError 404 when its machine is deleted. */
async function subjectOf(api: Client, { event, about }: Pending, signal: AbortSignal): Promise<Subject> {
  const object = isObject(event.Object) ? event.Object : {};
  const subject = new Subject(api, event.Type, object);
  if (about === 'event') return subject;
  const machine = await subject.machine(signal);
  if (machine === undefined) throw refusal(404, `The machine ${String(object.Machine)} is gone`);
  return machine;
}

/** Whether a retry would fail as well: a text that cannot be rendered, or a deleted object. */
function isFinal(error: unknown): boolean {
  return error instanceof ModelError && (error.code === 404 || error.code === 422);
}

/** Whether the event is a log line of this plugin. A callback for it would log again, in a loop. */
function isOwnLog({ Type, Key, Object: object }: Event, plugin: string): boolean {
  if (Type !== 'log') return false;
  const service = isObject(object) ? object.Service : undefined;
  return [Key, service].some((name) => name === PROVIDER || name === plugin);
}
