import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import { keyText } from './key-text.ts';
import { type LineTree, partOf } from './line-tree.ts';
import { plainScalar, type Scalar } from './scalar.ts';
import { coreTag, taggedScalar } from './tags.ts';
import { YamlError } from './yaml-error.ts';

/** Limit, since merge keys can multiply values like aliases. */
const MAX_MERGED = 100_000;

type Collection = Record<string, unknown> | unknown[];
type Value = Scalar | Collection;
type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type NodeEvent = Exclude<Event, { type: typeof EVENT_ID.POP | typeof EVENT_ID.DOCUMENT }>;

/** A repeated key. The last value counts, as for endpoints. */
export interface DuplicateKey {
  path: readonly string[];
  /** Line of the second occurrence, from 1. */
  line: number;
}

export interface Constructed {
  value: Value;
  lines: LineTree;
  duplicates: DuplicateKey[];
}

/**
 * The value of a list of events by the rules of the endpoint's parser (ghodss/yaml on go-yaml v2): keys are strings,
 * the last of equal keys counts, a merge key (`<<`) overrides earlier keys and is overridden by later ones, tags apply
 * to scalars only. Integers beyond the precision of numbers are bigints. Throws YamlError.
 */
export function construct(text: string, events: readonly Event[]): Constructed {
  return new Constructor(text, events).document();
}

class Constructor {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, { value: Value } | undefined>();
  readonly #duplicates: DuplicateKey[] = [];
  readonly #path: string[] = [];
  #handles = new Map<string, string>();
  #next = 0;
  #merged = 0;
  /** Lines are counted incrementally: offsets are ascending. */
  #line = 1;
  #counted = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  document(): Constructed {
    const lines: LineTree = {};
    const [start] = this.#events;
    if (start?.type !== EVENT_ID.DOCUMENT) return { value: null, lines, duplicates: [] };
    for (const directive of start.directives) {
      if (directive.kind === 'tag') this.#handles.set(directive.handle, directive.prefix);
    }
    this.#next = 1;
    const value = this.#node(lines);
    return { value, lines, duplicates: this.#duplicates };
  }

  #node(part: LineTree): Value {
    const event = this.#take();
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event.anchorStart, event.anchorEnd);
    const anchor = event.anchorStart < 0 ? undefined : this.#text.slice(event.anchorStart, event.anchorEnd);
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const value = this.#content(event, part);
    if (anchor !== undefined) this.#anchors.set(anchor, { value });
    return value;
  }

  #content(event: Exclude<NodeEvent, { type: typeof EVENT_ID.ALIAS }>, part: LineTree): Value {
    if (event.type === EVENT_ID.SCALAR) return this.#scalar(event);
    return event.type === EVENT_ID.SEQUENCE ? this.#sequence(part) : this.#mapping(part);
  }

  #scalar(event: ScalarEvent): Scalar {
    const text = scalarText(this.#text, event);
    const tag = event.tagStart < 0 ? undefined : this.#text.slice(event.tagStart, event.tagEnd);
    if (tag === undefined) return event.style === SCALAR_STYLE.PLAIN ? plainScalar(text) : text;
    const value = taggedScalar(coreTag(tag, this.#handles), text);
    if (value === undefined)
      throw new YamlError(`the value is not what its tag ${tag} says`, this.#lineAt(event.tagStart));
    return value;
  }

  #sequence(part: LineTree): unknown[] {
    const items: unknown[] = [];
    while (!this.#takePop()) {
      const name = String(items.length);
      const start = startOf(this.#peek());
      const member = partOf(part, name);
      if (start >= 0) member.line = this.#lineAt(start);
      items.push(this.#within(name, () => this.#node(member)));
    }
    return items;
  }

  #mapping(part: LineTree): Record<string, unknown> {
    const members = new Map<string, unknown>();
    const here = new Set<string>();
    while (!this.#takePop()) {
      const event = this.#peek();
      const line = this.#lineAt(Math.max(startOf(event), 0));
      const isMerge = event.type === EVENT_ID.SCALAR && this.#isMerge(event);
      const key = this.#node({});
      if (isMerge) {
        this.#merge(members, this.#node({}), line);
        continue;
      }
      const name = keyText(key);
      if (name === undefined) throw new YamlError('a key must be text, a number or a boolean', line);
      if (here.has(name)) {
        this.#duplicates.push({ path: [...this.#path, name], line });
        part.parts?.delete(name);
      }
      here.add(name);
      const member = partOf(part, name);
      member.line = line;
      members.set(
        name,
        this.#within(name, () => this.#node(member)),
      );
    }
    return Object.fromEntries(members);
  }

  #isMerge(event: ScalarEvent): boolean {
    if (scalarText(this.#text, event) !== '<<') return false;
    if (event.tagStart < 0) return event.style === SCALAR_STYLE.PLAIN;
    return coreTag(this.#text.slice(event.tagStart, event.tagEnd), this.#handles) === 'merge';
  }

  #merge(members: Map<string, unknown>, source: Value, line: number): void {
    // Of several sources, earlier ones take precedence.
    const sources: readonly unknown[] = Array.isArray(source) ? source.toReversed() : [source];
    for (const from of sources) {
      if (typeof from !== 'object' || from === null || Array.isArray(from)) {
        throw new YamlError('what is merged (<<) must be an object or a list of objects', line);
      }
      for (const [name, value] of Object.entries(from)) {
        this.#merged += 1;
        if (this.#merged > MAX_MERGED) throw new YamlError('merges (<<) too many values', line);
        members.set(name, value);
      }
    }
  }

  #alias(start: number, end: number): Value {
    const name = this.#text.slice(start, end);
    const anchor = this.#anchors.get(name);
    if (anchor !== undefined) return anchor.value;
    const reason = this.#anchors.has(name) ? 'holds itself' : 'is not known here';
    throw new YamlError(`alias *${name} ${reason}`, this.#lineAt(start));
  }

  #within<T>(name: string, read: () => T): T {
    this.#path.push(name);
    const value = read();
    this.#path.pop();
    return value;
  }

  #peek(): NodeEvent {
    const event = this.#events[this.#next];
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) {
      throw new YamlError('a key without a value', this.#line);
    }
    return event;
  }

  #take(): NodeEvent {
    const event = this.#peek();
    this.#next += 1;
    return event;
  }

  #takePop(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return false;
    this.#next += 1;
    return true;
  }

  #lineAt(offset: number): number {
    for (let at = this.#text.indexOf('\n', this.#counted); at !== -1 && at < offset; ) {
      this.#line += 1;
      this.#counted = at + 1;
      at = this.#text.indexOf('\n', this.#counted);
    }
    return this.#line;
  }
}

/** Offset of a node; negative for an empty one. */
function startOf(event: NodeEvent): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  return event.type === EVENT_ID.ALIAS ? event.anchorStart : event.start;
}

/** A block scalar at the end of a text without a final line break has none either. */
function scalarText(text: string, event: ScalarEvent): string {
  const value = getScalarValue(text, event);
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  if (!isBlock || event.valueEnd !== text.length || event.valueStart === event.valueEnd) return value;
  return /[\r\n]$/.test(text) ? value : value.replace(/\n$/, '');
}
