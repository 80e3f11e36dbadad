import type { Event } from '../../models/index.ts';

/** The connection was lost, and events may have been missed: read the objects again. */
export interface Gap {
  from: Date;
  to: Date;
  /** Why the connection was lost. */
  reason: string;
}

/** One item of an event stream, in order. */
export type StreamItem =
  | { event: Event; gap?: never; overflow?: never; unreadable?: never }
  | { gap: Gap; event?: never; overflow?: never; unreadable?: never }
  /** The number of events that were dropped at this point because the queue was full. */
  | { overflow: number; event?: never; gap?: never; unreadable?: never }
  /** The number of messages at this point that are not events. */
  | { unreadable: number; event?: never; gap?: never; overflow?: never };
