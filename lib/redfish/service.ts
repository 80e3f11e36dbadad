import { setTimeout as pause } from 'node:timers/promises';
import { isResource, linksAt, type Resource, textAt } from '../https/index.ts';
import { foreign, foreignPath, ModelError, own, say, type Wording } from '../models/index.ts';
import type { Connection, Incoming, Log, Outgoing, OutgoingStream } from './connection.ts';
import { exchange, ownUri } from './exchange.ts';
import { bmcError, failure } from './failure.ts';
import { type Effect, isRefusal } from './later.ts';
import { type Message, messagesIn } from './messages.ts';
import { Patience, type Settled, untilReady } from './retry.ts';
import { isDropped, type Session } from './session.ts';
import { type Follow, finalAnswer, leavesTask } from './task.ts';

/** Time limits and intervals in ms. */
export interface Pace {
  /** Interval of polling, unless the service asks for another. */
  pollMs: number;
  /** Time limit for a task. */
  taskMs: number;
  /** Pause between off and on in a power cycle that consists of both. */
  offMs: number;
}

/** A resource, with data from the headers of its answer. */
export interface Found {
  /** Its path. */
  uri: string;
  resource: Resource;
  /** ETags to change it with, most likely first. */
  etags: readonly string[];
}

/** A resource that could not be read, and why. */
export interface Unread {
  uri: string;
  error: ModelError;
}

/** The result of a change. */
export interface Done {
  /** Complaints of the service in an answer with success. */
  warnings: readonly Message[];
  /** A job or task that is pending until the next start of the machine, as text. */
  pending?: Wording;
  /** Whether the task was deleted before it showed its result. */
  isGone?: boolean;
}

/** Options for sending a request. */
export interface Sending {
  effect: Effect;
  /** Default: the action's patience. */
  patience?: Patience;
  isFinal?: (incoming: Incoming) => boolean;
  /** Time limit for the answer; default: the connection's. */
  requestMs?: number;
  /** How to follow the task of the request, if there is one. */
  follow?: Follow;
}

/** How many members of a collection are read at once. */
const READERS = 4;
const MOST_MEMBERS = 2_000;
/**
 * How long to wait for list members that are not ready, in units of `pollMs`. Short, since the others are useful
 * without them.
 */
const MEMBER_PATIENCE = 5;
/** Limit in bytes for all answers of an action. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A BMC's Redfish service, for one action. All calls throw ModelError, and the signal's reason. */
export class Service {
  readonly connection: Connection;
  readonly root: Resource;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  readonly patience: Patience;
  readonly #log: Log;
  readonly #session: Session;
  #bytes = 0;

  constructor(
    connection: Connection,
    root: Resource,
    context: { session: Session; signal: AbortSignal; log: Log; pace: Pace; patience: Patience },
  ) {
    this.connection = connection;
    this.root = root;
    this.signal = context.signal;
    this.pace = context.pace;
    this.patience = context.patience;
    this.#log = context.log;
    this.#session = context.session;
  }

  /** Name in messages. */
  get name(): string {
    return this.connection.bmc.name;
  }

  /**
   * Reads a resource. Throws ModelError when it cannot be read. With `sending`, callers that poll can turn off
   * repetitions.
   */
  async get(link: string, sending: Omit<Sending, 'effect'> = {}): Promise<Found> {
    const uri = ownUri(this.connection.bmc, link);
    const request = { method: 'GET', uri } as const;
    const { incoming, tried } = await this.#send(request, { effect: 'read', ...sending });
    const { body, headers, status } = incoming;
    if (status !== 200 || isRefusal(incoming)) throw this.#failure(request, incoming, tried);
    if (!isResource(body)) {
      const lines = tried === undefined ? [] : [own(tried)];
      throw this.error(502, say`GET ${foreignPath(uri)}: the answer is not a JSON object`, ...lines);
    }
    const told = [headers.etag, textAt(body, '@odata.etag')].filter((tag) => tag !== undefined && tag !== '');
    return { uri, resource: body, etags: told as string[] };
  }

  /**
   * The members of a collection in order, including those that cannot be read. Throws ModelError when the collection
   * itself cannot be read.
   */
  async members(link: string): Promise<(Found | Unread)[]> {
    const { links, missing } = await this.memberLinks(link);
    return [...(await this.getEach(links)), ...missing];
  }

  /** The links of a collection. `missing`: pages after the first that cannot be read. */
  async memberLinks(link: string): Promise<{ links: string[]; missing: Unread[] }> {
    const links: string[] = [];
    const pages = new Set<string>();
    for (let page: string | undefined = link; page !== undefined && !pages.has(page); ) {
      pages.add(page);
      const found: Found | Unread = pages.size === 1 ? await this.get(page) : await this.#tryToGet(page);
      if ('error' in found) return { links, missing: [found] };
      const more = linksAt(found.resource, 'Members');
      if (links.length + more.length > MOST_MEMBERS || pages.size > MOST_MEMBERS) {
        throw this.error(502, say`${foreignPath(link)}: has more than ${MOST_MEMBERS} members`);
      }
      links.push(...more);
      page = textAt(found.resource, 'Members@odata.nextLink');
    }
    return { links, missing: [] };
  }

  #memberPatience(): Patience {
    return this.patience.within(MEMBER_PATIENCE * this.pace.pollMs);
  }

  /**
   * Reads several resources, in the order of their links. Throws only for errors that end the action: an abort, or a
   * refused login.
   */
  async getEach(links: readonly string[]): Promise<(Found | Unread)[]> {
    const found: (Found | Unread)[] = [];
    const waiting = links.entries();
    const patience = this.#memberPatience();
    let failed: { error: unknown } | undefined;
    const reader = async () => {
      for (const [index, link] of waiting) {
        if (failed !== undefined) return;
        try {
          found[index] = await this.#tryToGet(link, patience);
        } catch (error) {
          failed ??= { error };
        }
      }
    };
    // All readers must end before the session does.
    await Promise.all(Array.from({ length: READERS }, reader));
    if (failed !== undefined) throw failed.error;
    return found;
  }

  async #tryToGet(link: string, patience = this.#memberPatience()): Promise<Found | Unread> {
    try {
      return await this.get(link, { patience });
    } catch (error) {
      this.signal.throwIfAborted();
      if (!(error instanceof ModelError) || this.#bytes > MOST_BYTES) throw error;
      return { uri: link, error };
    }
  }

  /**
   * Changes properties of a resource. If-Match is added when the service requires it (status 412 or 428; DSP0266,
   * ETags; Status codes), or from the start with `withEtag`. On some BMCs `@odata.etag` and the header differ; others
   * require the tag without its `W/`, or accept only `*` (ansible-collections/community.general 3268 and 6434).
   */
  async patch(link: string, body: Resource, { withEtag = false } = {}): Promise<Done> {
    const uri = ownUri(this.connection.bmc, link);
    const request = { method: 'PATCH', uri, body } as const;
    const sending = { effect: 'repeatable', isFinal: asksForEtag } as const;
    let last = withEtag ? undefined : await this.#send(request, sending);
    if (last === undefined || asksForEtag(last.incoming)) {
      const { etags } = await this.get(uri);
      const strong = etags.map((tag) => tag.replace(/^W\//, ''));
      for (const tag of new Set([...etags, ...strong, '*'])) {
        last = await this.#send({ ...request, headers: { 'if-match': tag } }, sending);
        if (!asksForEtag(last.incoming)) break;
      }
    }
    if (last === undefined) throw this.error(502, say`PATCH ${foreignPath(uri)}: was not sent`);
    return this.#done(request, last);
  }

  /** Calls an action. `effect`: the effect of calling it twice. */
  async post(link: string, body: Resource | undefined, sending: Sending): Promise<Done> {
    const request = { method: 'POST', uri: ownUri(this.connection.bmc, link), body } as const;
    return this.#done(request, await this.#send(request, sending), sending.follow);
  }

  /** Uploads data once, without repetitions. */
  async upload(link: string, stream: OutgoingStream, sending: Omit<Sending, 'effect'>): Promise<Done> {
    const request = { method: 'POST', uri: ownUri(this.connection.bmc, link), stream } as const;
    return this.#done(request, await this.#send(request, { ...sending, effect: 'once' }), sending.follow);
  }

  async #done(request: Outgoing, { incoming: first, tried }: Settled, follow?: Follow): Promise<Done> {
    const {
      incoming: last,
      pending,
      isGone,
    } = leavesTask(first) ? await finalAnswer(this, request, first, follow) : { incoming: first };
    if (last.status < 200 || last.status >= 300) {
      throw this.#failure(request, last, tried);
    }
    const warnings = messagesIn(last.body).filter(({ fine }) => !fine);
    for (const { text } of warnings) {
      this.warn(say`${own(request.method)} ${foreignPath(request.uri)}: ${foreign(text)}`);
    }
    return {
      warnings,
      ...(pending === undefined ? {} : { pending }),
      ...(isGone === undefined ? {} : { isGone }),
    };
  }

  /** Sends a read-only request with the session's credentials, and returns any answer. */
  async ask(outgoing: Outgoing, patienceMs?: number): Promise<Incoming> {
    const patience = patienceMs === undefined ? this.patience : new Patience(patienceMs, this.patience.param);
    return (await this.#send(outgoing, { effect: 'read', patience })).incoming;
  }

  #send(outgoing: Outgoing, sending: Sending): Promise<Settled> {
    const { effect, patience = this.patience, isFinal, requestMs } = sending;
    const { signal } = this;
    const { pollMs } = this.pace;
    const { limits } = this.connection;
    const within = { ...limits, requestMs: requestMs ?? limits.requestMs };
    const send = () => this.#sendInSession({ ...this.connection, limits: within }, outgoing);
    return untilReady(send, { effect, patience, pollMs, signal, isFinal });
  }

  /** Sends a request. If it was not carried out because the session has ended, it is repeated in a new one. */
  async #sendInSession(connection: Connection, outgoing: Outgoing): Promise<Incoming> {
    if (!this.#session.isOpen) await this.#session.renew(this.#session.credentials);
    const { credentials, isSession } = this.#session;
    const first = await this.#exchange(connection, outgoing);
    if (!isSession || !isDropped(first)) return first;
    await this.#session.renew(credentials);
    return this.#exchange(connection, outgoing);
  }

  async #exchange(connection: Connection, outgoing: Outgoing): Promise<Incoming> {
    const headers = { ...outgoing.headers, ...this.#session.credentials };
    const incoming = await exchange(connection, { ...outgoing, headers }, this.signal);
    this.#bytes += incoming.bytes;
    if (this.#bytes > MOST_BYTES) throw this.error(502, own('sends more than any inventory needs'));
    return incoming;
  }

  /** Waits, by default for `pollMs`. Throws the signal's reason when it is aborted. */
  async pause(ms: number = this.pace.pollMs): Promise<void> {
    await pause(ms, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
  }

  #failure(outgoing: Outgoing, incoming: Incoming, tried: string | undefined): ModelError {
    return failure(this.connection.bmc, outgoing, incoming, ...(tried === undefined ? [] : [own(tried)]));
  }

  /** An error that begins with the BMC's name. */
  error(code: number, ...messages: readonly Wording[]): ModelError {
    return bmcError(this.connection.bmc, code, messages);
  }

  /** The text with everything from the BMC masked. */
  text(message: Wording): string {
    return this.connection.bmc.secrets.text(message);
  }

  info(message: Wording): void {
    this.#log.info(this.#line(message));
  }

  warn(message: Wording): void {
    this.#log.warn(this.#line(message));
  }

  #line(message: Wording): string {
    return `BMC ${this.name}: ${this.text(message)}`;
  }
}

function asksForEtag({ status }: Incoming): boolean {
  return status === 412 || status === 428;
}

/** Whether a resource could be read. */
export function isFound(member: Found | Unread): member is Found {
  return !('error' in member);
}
