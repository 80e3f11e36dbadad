import type { Event } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';

/** Shows what `part` takes of each event that `selector` selects, until the process is ended. */
export async function watch(
  context: Context,
  selector: string,
  part: (event: Event) => unknown,
): Promise<void> {
  const endpoint = await context.endpoint();
  await using stream = endpoint.events();
  await stream.register(selector);
  // A lost and restored connection is told by the client itself.
  for await (const { event, overflow } of stream) {
    if (event !== undefined) await context.show(part(event));
    else if (overflow !== undefined) context.note(`${overflow} events were dropped: they came too fast`);
  }
}
