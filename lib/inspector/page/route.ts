import { signal } from '@preact/signals';

/** The view that the address shows, `#/objects/machines/KEY`: its segments, unescaped. */
export const route = signal<readonly string[]>(read());

/** The address of a view within the page. */
export function href(...segments: readonly string[]): string {
  return `#/${segments.map(encodeURIComponent).join('/')}`;
}

/** Shows another view. `replace` leaves the one that is shown out of the browser's history. */
export function show(segments: readonly string[], { replace = false } = {}): void {
  if (!replace) {
    location.hash = href(...segments);
    return;
  }
  history.replaceState(null, '', href(...segments));
  route.value = read();
}

function read(): readonly string[] {
  const segments = location.hash.replace(/^#\/?/, '').split('/');
  return segments.filter((segment) => segment !== '').map(decode);
}

/** Somebody may have typed it. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

addEventListener('hashchange', () => {
  route.value = read();
});
