import { ModelError } from '../../models/index.ts';
import type { Route } from './exchange.ts';

interface Match {
  route: Route;
  captures: Record<string, string>;
}

/** Finds the route of a request. Earlier routes take precedence. */
export class Router {
  readonly #routes: { route: Route; segments: string[] }[];

  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, segments: route.path.split('/') }));
  }

  /** Throws ModelError: 404 when no route has the path, 405 when its routes have other methods. */
  match(method: string, path: readonly string[], url: string): Match {
    let known = false;
    for (const { route, segments } of this.#routes) {
      const captures = captureSegments(segments, path);
      if (captures === undefined) continue;
      if (route.method === method || route.method === '*') return { route, captures };
      known = true;
    }
    if (known) throw new ModelError(405, 'Method not allowed', { type: method, key: url });
    throw new ModelError(404, 'No route', { type: method, key: url });
  }
}

function captureSegments(
  pattern: readonly string[],
  path: readonly string[],
): Record<string, string> | undefined {
  const captures: Record<string, string> = {};
  for (const [at, segment] of pattern.entries()) {
    if (segment.startsWith('*')) {
      if (path.length <= at) return undefined;
      captures[segment.slice(1)] = path.slice(at).join('/');
      return captures;
    }
    const given = path[at];
    if (given === undefined) return undefined;
    if (segment.startsWith(':')) captures[segment.slice(1)] = given;
    else if (segment !== given) return undefined;
  }
  return path.length === pattern.length ? captures : undefined;
}
