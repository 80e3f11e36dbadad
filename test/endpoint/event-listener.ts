import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Event } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import type { Running } from './running-endpoint.ts';

/** A client of the event stream, which keeps what it is sent. */
export class EventListener {
  readonly socket: WebSocket;
  readonly events: Event[] = [];

  constructor(running: Running, query = '', headers: Record<string, string> = {}) {
    const { url, certificate: ca } = running.endpoint;
    this.socket = new WebSocket(`${url.replace('https', 'wss')}/api/v3/ws${query}`, { ca, headers });
    this.socket.on('message', (data) => this.events.push(JSON.parse(String(data))));
  }

  static async open(running: Running, token = running.endpoint.token): Promise<EventListener> {
    const listener = new EventListener(running, '', { Authorization: `Bearer ${token}` });
    await once(listener.socket, 'open');
    return listener;
  }

  /** Sends a frame and waits for the event that answers it. */
  async ask(frame: string): Promise<Event> {
    const before = this.#answers().length;
    this.socket.send(frame);
    await until(() => this.#answers().length > before, `the answer to ${frame}`);
    return this.#answers()[before] as Event;
  }

  #answers(): Event[] {
    return this.events.filter(({ Type }) => Type === 'websocket');
  }

  /** What came so far, short. The answer to a registration tells that nothing before it is still on its way. */
  async seen(): Promise<string[]> {
    await this.ask('register fence.fence.fence');
    return this.events
      .filter(({ Type }) => Type !== 'websocket')
      .map(({ Type, Action, Key }) => `${Type}.${Action}.${Key}`);
  }
}
