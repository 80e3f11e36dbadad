import type { Route } from '../exchange.ts';
import type { Parts } from '../parts.ts';
import { actionRoutes } from './actions.ts';
import { blobRoutes } from './blobs.ts';
import { contentRoutes } from './contents.ts';
import { interfaceRoutes } from './interfaces.ts';
import { jobRoutes } from './jobs.ts';
import { machineTokenRoutes } from './machine-tokens.ts';
import { objectRoutes } from './objects.ts';
import { paramRoutes } from './params.ts';
import { pluginProviderRoutes } from './plugin-providers.ts';
import { prefRoutes } from './prefs.ts';
import { systemRoutes } from './system.ts';
import { userRoutes } from './users.ts';

/** All routes below `/api/v3`. Those with more fixed words come first, since names of params may contain slashes. */
export function apiRoutes(parts: Parts): Route[] {
  // The name of a param may end like a route, as in `x/y/params`.
  const named = objectRoutes(parts).filter(({ path }) => path !== ':prefix');
  const ofParams = named.map((route): Route => ({ ...route, path: route.path.replace(':prefix', 'params') }));
  return [
    ...systemRoutes(parts),
    ...prefRoutes(parts),
    ...interfaceRoutes(),
    ...userRoutes(parts),
    ...contentRoutes(parts),
    ...pluginProviderRoutes(parts),
    ...blobRoutes(parts),
    ...jobRoutes(parts),
    ...machineTokenRoutes(parts),
    ...ofParams.map((route) => withPrefix(route, 'params')),
    ...actionRoutes(parts),
    ...paramRoutes(parts),
    ...objectRoutes(parts),
  ];
}

function withPrefix(route: Route, prefix: string): Route {
  const { handle } = route;
  return {
    ...route,
    handle: (exchange) => handle({ ...exchange, captures: { ...exchange.captures, prefix } }),
  };
}
