import { signal } from '@preact/signals';

/** The segments of the current address `#/objects/machines/KEY`, unescaped. */
export const route = signal<readonly string[]>(read());

/** The address of a view. */
export function href(...segments: readonly string[]): string {
  return `#/${segments.map(encodeURIComponent).join('/')}`;
}

/** Navigates to a view. `replace` replaces the current entry of the browser's history. */
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

/** Tolerates invalid escapes in a typed address. */
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
