import { setTimeout as pause } from 'node:timers/promises';
import { isResource, linksAt, type Resource, textAt } from '../https/index.ts';
import { type ModelError, maskSecrets, refusal } from '../models/index.ts';
import type { Connection, Credentials, Incoming, Log, Outgoing } from './connection.ts';
import { exchange, ownUri } from './exchange.ts';
import { failure } from './failure.ts';
import { type Message, messagesIn } from './messages.ts';
import { finalAnswer } from './task.ts';

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

/** What came of a change. */
export interface Done {
  /** What the service complains of although it answered with success. */
  warnings: readonly Message[];
}

/** Members of a collection that are read at once, and at most. */
const READERS = 4;
const MOST_MEMBERS = 2_000;
/** For all answers of one action together. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A BMC's Redfish service, as one action uses it. All calls throw ModelError. */
export class Service {
  readonly connection: Connection;
  readonly root: Resource;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly pace: Pace;
  readonly #credentials: Credentials;
  #bytes = 0;

  constructor(
    connection: Connection,
    root: Resource,
    context: { credentials: Credentials; signal: AbortSignal; log: Log; pace: Pace },
  ) {
    this.connection = connection;
    this.root = root;
    this.signal = context.signal;
    this.log = context.log;
    this.pace = context.pace;
    this.#credentials = context.credentials;
  }

  /** For people. */
  get name(): string {
    return this.connection.bmc.name;
  }

  async get(link: string): Promise<Found> {
    const uri = ownUri(this.connection.bmc, link);
    const incoming = await this.send({ method: 'GET', uri });
    const { body, headers, status } = incoming;
    if (status !== 200) throw this.failure({ method: 'GET', uri }, incoming);
    if (!isResource(body)) throw this.error(502, `GET ${uri}: the answer is no JSON object`);
    const told = [headers.etag, textAt(body, '@odata.etag')].filter((tag) => tag !== undefined && tag !== '');
    return { uri, resource: body, etags: told as string[] };
  }

  /** The members of a collection, in its order. */
  async members(link: string): Promise<Found[]> {
    const links: string[] = [];
    const pages = new Set<string>();
    for (let page: string | undefined = link; page !== undefined && !pages.has(page); ) {
      pages.add(page);
      const { resource } = await this.get(page);
      links.push(...linksAt(resource, 'Members'));
      if (links.length > MOST_MEMBERS || pages.size > MOST_MEMBERS) {
        throw this.error(502, `${link}: has more than ${MOST_MEMBERS} members`);
      }
      page = textAt(resource, 'Members@odata.nextLink');
    }
    return this.getAll(links);
  }

  /** Several resources, in the order of their links. */
  async getAll(links: readonly string[]): Promise<Found[]> {
    const found: Found[] = [];
    const waiting = links.entries();
    let failed: { error: unknown } | undefined;
    const reader = async () => {
      for (const [index, link] of waiting) {
        if (failed !== undefined) return;
        try {
          found[index] = await this.get(link);
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

  /**
   * Changes properties of a resource. If-Match is added where the service asks for it, by status 412 or 428
   * (DSP0266, ETags; Status codes). `@odata.etag` and the header differ on some BMCs; others want the tag without its
   * `W/`, or take but `*` (ansible-collections/community.general 3268 and 6434).
   */
  async patch(link: string, body: Resource): Promise<Done> {
    const uri = ownUri(this.connection.bmc, link);
    const request = { method: 'PATCH', uri, body } as const;
    let incoming = await this.send(request);
    if (asksForEtag(incoming)) {
      const { etags } = await this.get(uri);
      const strong = etags.map((tag) => tag.replace(/^W\//, ''));
      for (const tag of new Set([...etags, ...strong, '*'])) {
        incoming = await this.send({ ...request, headers: { 'if-match': tag } });
        if (!asksForEtag(incoming)) break;
      }
    }
    return this.#done(request, incoming);
  }

  /** Calls an action. */
  async post(link: string, body: Resource): Promise<Done> {
    const request = { method: 'POST', uri: ownUri(this.connection.bmc, link), body } as const;
    return this.#done(request, await this.send(request));
  }

  async #done(request: Outgoing, first: Incoming): Promise<Done> {
    const last = first.status === 202 ? await finalAnswer(this, request, first) : first;
    if (last.status < 200 || last.status >= 300) throw this.failure(request, last);
    const warnings = messagesIn(last.body).filter(({ fine }) => !fine);
    for (const { text } of warnings) {
      this.log.warn(
        maskSecrets(
          `BMC ${this.name}: ${request.method} ${request.uri}: ${text}`,
          this.connection.bmc.secrets,
        ),
      );
    }
    return { warnings };
  }

  /** One request with the session's credentials, and its answer whatever it is. */
  async send(outgoing: Outgoing): Promise<Incoming> {
    const headers = { ...outgoing.headers, ...this.#credentials };
    const incoming = await exchange(this.connection, { ...outgoing, headers }, this.signal);
    this.#bytes += incoming.bytes;
    if (this.#bytes > MOST_BYTES) throw this.error(502, 'sends more than any inventory needs');
    return incoming;
  }

  /** Waits, `pollMs` unless told. Throws the signal's reason when it is aborted meanwhile. */
  async pause(ms: number = this.pace.pollMs): Promise<void> {
    await pause(ms, undefined, { signal: this.signal }).catch(() => this.signal.throwIfAborted());
  }

  failure(outgoing: Outgoing, incoming: Incoming): ModelError {
    return failure(this.connection.bmc, outgoing, incoming);
  }

  /** An error that begins with the BMC's name. */
  error(code: number, message: string, ...more: readonly string[]): ModelError {
    const { secrets } = this.connection.bmc;
    return refusal(
      code,
      [`BMC ${this.name}: ${message}`, ...more].map((text) => maskSecrets(text, secrets)),
    );
  }
}

function asksForEtag({ status }: Incoming): boolean {
  return status === 412 || status === 428;
}
