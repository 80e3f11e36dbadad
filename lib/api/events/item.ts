import type { Event } from '../../models/index.ts';

/** The connection was lost for a while, and events of that time may have been missed: look at the objects again. */
export interface Gap {
  from: Date;
  to: Date;
  /** Why the connection was lost. */
  reason: string;
}

/** What an event stream delivers, in order. */
export type StreamItem =
  | { event: Event; gap?: never; overflow?: never; unreadable?: never }
  | { gap: Gap; event?: never; overflow?: never; unreadable?: never }
  /** So many events came here while the queue was full, and were dropped. */
  | { overflow: number; event?: never; gap?: never; unreadable?: never }
  /** So many messages of the endpoint came here that are not events. */
  | { unreadable: number; event?: never; gap?: never; overflow?: never };
