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

/** How long things of the service may take, and how often it is asked about them; all in ms. */
export interface Pace {
  /** Between two looks at something that goes on, unless the service says otherwise. */
  pollMs: number;
  /** For a task to end. */
  taskMs: number;
  /** Between off and on of a power cycle that is made of both. */
  offMs: number;
}

/** A resource, with what its answer told besides. */
export interface Found {
  /** Its path. */
  uri: string;
  resource: Resource;
  /** ETags to change it with, the likeliest first. */
  etags: readonly string[];
}

/** A resource that could not be read, and why. */
export interface Unread {
  uri: string;
  error: ModelError;
}

/** What came of a change. */
export interface Done {
  /** What the service complains of although it answered with success. */
  warnings: readonly Message[];
  /** What is left for the next start of the machine: a job or task, for people. */
  pending?: Wording;
  /** The task that it was done by was deleted before it told how it has ended. */
  isGone?: boolean;
}

/** How a request is sent. */
export interface Sending {
  effect: Effect;
  /** The action's own unless given. */
  patience?: Patience;
  isFinal?: (incoming: Incoming) => boolean;
  /** For the answer to come; that of the connection unless given. */
  requestMs?: number;
  /** How its task is followed, if there is one. */
  follow?: Follow;
}

/** Members of a collection that are read at once, and at most. */
const READERS = 4;
const MOST_MEMBERS = 2_000;
/** What the members of a list that are not ready are waited for, in units of `pollMs`: the others are of use without. */
const MEMBER_PATIENCE = 5;
/** For all answers of one action together. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A BMC's Redfish service, as one action uses it. All calls throw ModelError, and the signal's reason. */
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

  /** For people. */
  get name(): string {
    return this.connection.bmc.name;
  }

  /** Throws ModelError when it cannot be read. `sending`: one try that does not wait, for who looks again by himself. */
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
   * The members of a collection, in its order, with those that cannot be read. Throws ModelError when the collection
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

  /** Several resources, in the order of their links. Throws only what ends the action: an abort, a refused login. */
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
    // All of them end before the session does.
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
   * Changes properties of a resource. If-Match is added where the service asks for it, by status 412 or 428
   * (DSP0266, ETags; Status codes), or from the start with `withEtag`. `@odata.etag` and the header differ on some BMCs;
   * others want the tag without its `W/`, or take but `*` (ansible-collections/community.general 3268 and 6434).
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

  /** Calls an action. `effect`: what happens if it is called twice. */
  async post(link: string, body: Resource | undefined, sending: Sending): Promise<Done> {
    const request = { method: 'POST', uri: ownUri(this.connection.bmc, link), body } as const;
    return this.#done(request, await this.#send(request, sending), sending.follow);
  }

  /** Sends bytes, once: what they are for may happen twice. */
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

  /** One request that is a question, with the session's credentials, and its answer whatever it is. */
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

  /** What a session is needed for and was not done without one is done in another one. */
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

  /** Waits, `pollMs` unless told. Throws the signal's reason when it is aborted meanwhile. */
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

  /** As people may see it: what came from the BMC is masked. */
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

/** Whether a resource was read. */
export function isFound(member: Found | Unread): member is Found {
  return !('error' in member);
}
