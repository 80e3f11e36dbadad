import type { Event } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';

/**
 * Prints what `part` returns for each event that `selector` matches, until the process is ended. Like drpcli, it begins
 * with the event that acknowledges the registration. Prints nothing when `part` returns undefined.
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
  // The client itself logs lost and restored connections.
  for await (const { event, overflow, unreadable } of stream) {
    if (event !== undefined) await show(part(event));
    else if (overflow !== undefined) context.note(`${overflow} events were dropped: they came too fast`);
    else if (unreadable !== undefined) context.note(`${unreadable} events cannot be read`);
  }
}
