import { batch, signal } from '@preact/signals';
import type { Event } from '../../models/index.ts';
import { eventStreamUrl } from './endpoint.ts';
import { Ring } from './ring.ts';

/** A received event: the values for lists, and the original text. */
export interface SeenEvent {
  id: number;
  time: string;
  type: string;
  action: string;
  key: string;
  principal: string;
  text: string;
}

export type FeedState = 'off' | 'connecting' | 'live' | 'lost';

const MOST_EVENTS = 10_000;
const MOST_CHARACTERS = 48 * 1024 * 1024;
/** The type of entries about the feed itself. */
export const OWN_TYPE = 'inspector';
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** Interval of updates in a background tab, which has no animation frames. */
const HIDDEN_FLUSH_MS = 1_000;

export const feedState = signal<FeedState>('off');
export const events = new Ring<SeenEvent>(MOST_EVENTS, MOST_CHARACTERS, ({ text }) => text.length);
/** Increases with new events. Views read it to be updated. */
export const eventsVersion = signal(0);

type Listener = (events: readonly SeenEvent[]) => void;

const listeners = new Set<Listener>();
let arrived: SeenEvent[] = [];
let flushing = false;
let nextId = 1;
let socket: WebSocket | undefined;
/** When the connection was lost; empty while it is open. */
let lostAt = '';
let retry: ReturnType<typeof setTimeout> | undefined;

/** Calls `listener` with new events, at most once per frame. Returns a function that stops it. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Opens the event stream, and reopens it when it is lost, until `closeFeed`. */
export function openFeed(): void {
  closeFeed();
  connect(FIRST_PAUSE_MS);
}

export function closeFeed(): void {
  clearTimeout(retry);
  const old = socket;
  socket = undefined;
  old?.close();
  lostAt = '';
  feedState.value = 'off';
}

/** Clears the list. */
export function clearEvents(): void {
  events.clear();
  eventsVersion.value += 1;
}

/** Handles an event of the endpoint. */
function take(text: string): void {
  const event = parsed(text);
  if (event === undefined) return;
  const { Time = '', Type = '', Action = '', Key = '', Principal = '' } = event;
  // The acknowledgement is not shown. From here on no event is missed.
  if (Type === 'websocket') {
    if (Action === 'register') feedState.value = 'live';
    if (lostAt !== '') tellOfGap();
    return;
  }
  arrived.push({
    id: nextId++,
    time: Time,
    type: Type,
    action: Action,
    key: Key,
    principal: Principal,
    text,
  });
  if (flushing) return;
  flushing = true;
  if (document.hidden) setTimeout(flush, HIDDEN_FLUSH_MS);
  else requestAnimationFrame(flush);
}

/** Adds an entry about the time without connection: events of it are lost, so views must reload. */
function tellOfGap(): void {
  const message = `The event stream was lost from ${lostAt} on: events since then may be missing`;
  const Time = new Date().toISOString();
  lostAt = '';
  take(JSON.stringify({ Time, Type: OWN_TYPE, Action: 'gap', Key: 'events', Object: message }));
}

function flush(): void {
  flushing = false;
  const newest = arrived;
  arrived = [];
  events.add(newest);
  batch(() => {
    eventsVersion.value += 1;
    for (const listener of listeners) listener(newest);
  });
}

function connect(pauseMs: number): void {
  const opened = new WebSocket(eventStreamUrl());
  socket = opened;
  feedState.value = pauseMs === FIRST_PAUSE_MS ? 'connecting' : 'lost';
  let pause = pauseMs;
  opened.addEventListener('open', () => {
    pause = FIRST_PAUSE_MS;
    opened.send('register *.*.*');
  });
  opened.addEventListener('message', ({ data }) => {
    if (typeof data === 'string' && socket === opened) take(data);
  });
  opened.addEventListener('close', () => {
    if (socket !== opened) return;
    feedState.value = 'lost';
    if (lostAt === '') lostAt = new Date().toISOString();
    retry = setTimeout(() => connect(Math.min(LONGEST_PAUSE_MS, pause * 2)), pause);
  });
}

function parsed(text: string): Partial<Event> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
