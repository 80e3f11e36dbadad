import type { Event } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';

/**
 * Shows what `part` takes of each event that `selector` selects, until the process is ended; first of the event by which the
 * endpoint says that it will send them, as drpcli does. Where `part` takes undefined nothing is shown.
 */
export async function watch(
  context: Context,
  selector: string,
  part: (event: Event) => unknown,
): Promise<void> {
  const endpoint = await context.endpoint();
  await using stream = endpoint.events();
  const show = async (shown: unknown) => {
    if (shown !== undefined) await context.show(shown);
  };
  await show(part(await stream.register(selector)));
  // A lost and restored connection is told by the client itself.
  for await (const { event, overflow, unreadable } of stream) {
    if (event !== undefined) await show(part(event));
    else if (overflow !== undefined) context.note(`${overflow} events were dropped: they came too fast`);
    else if (unreadable !== undefined) context.note(`${unreadable} events cannot be read`);
  }
}
