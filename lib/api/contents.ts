import type { Connection } from './connection.ts';
import { listOf, objectOf } from './expect.ts';
import type { CallOptions } from './request.ts';

/** The meta data of a content pack. */
export interface ContentMeta {
  Name: string;
  Version?: string;
  Description?: string;
  Source?: string;
  Documentation?: string;
  RequiredFeatures?: string;
  Prerequisites?: string;
  Color?: string;
  Icon?: string;
  Author?: string;
  DisplayName?: string;
  License?: string;
  Copyright?: string;
  CodeSource?: string;
  Order?: string;
  Tags?: string;
  DocUrl?: string;
  Type?: string;
  Writable?: boolean;
  Overwritable?: boolean;
}

/** A content pack: meta data, and objects by prefix and key. */
export interface Content {
  meta: ContentMeta;
  sections: Record<string, Record<string, unknown>>;
}

export interface ContentSummary {
  meta: ContentMeta;
  /** The number of objects by prefix. */
  Counts: Record<string, number> | null;
  Warnings: string[] | null;
}

export interface ContentOptions extends CallOptions {
  /** Replace writable objects with the same names (created by hand). */
  replaceWritable?: boolean;
}

/** The content packs of the endpoint. */
export class Contents {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async list(options: CallOptions = {}): Promise<ContentSummary[]> {
    const path = ['contents'];
    const { body } = await this.#connection.send({ ...options, path });
    return listOf<ContentSummary>(body, path);
  }

  async get(name: string, options: CallOptions = {}): Promise<Content> {
    const path = ['contents', name];
    const { body } = await this.#connection.send({ ...options, path });
    return objectOf<Content>(body, path);
  }

  /** Throws ConflictError when a pack of that name exists. */
  async create(content: Readonly<Content>, options: ContentOptions = {}): Promise<ContentSummary> {
    return this.#write('POST', ['contents'], content, options);
  }

  async replace(content: Readonly<Content>, options: ContentOptions = {}): Promise<ContentSummary> {
    return this.#write('PUT', ['contents', content.meta.Name], content, options);
  }

  async remove(name: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send({ ...options, method: 'DELETE', path: ['contents', name] });
  }

  async #write(
    method: 'POST' | 'PUT',
    path: readonly string[],
    content: Readonly<Content>,
    { replaceWritable, ...call }: ContentOptions,
  ): Promise<ContentSummary> {
    const query = { replaceWritable: replaceWritable || undefined };
    const { body } = await this.#connection.send({ ...call, method, path, query, json: content });
    return objectOf<ContentSummary>(body, path);
  }
}
