import { collection, type Endpoint, link } from './endpoint.ts';
import type { Json } from './rules.ts';

/** Resources by their paths below another one (`ThermalSubsystem/Fans`); a list is a collection of its members. */
export type Tree = Readonly<Record<string, Json | readonly Json[]>>;

/** The resources of a tree, each with the links to those below it, and the links of the one that they are below. */
export function tree(base: string, parts: Tree): { links: Json; endpoints: [string, Endpoint][] } {
  const endpoints: [string, Endpoint][] = [];
  for (const [path, content] of Object.entries(parts)) {
    const uri = `${base}/${path}`;
    if (!Array.isArray(content)) {
      endpoints.push([
        uri,
        { read: () => ({ Id: path.split('/').at(-1), ...content, ...linksBelow(base, path, parts) }) },
      ]);
      continue;
    }
    const members = content.map((member: Json, index) => ({ uri: `${uri}/${member.Id ?? index}`, member }));
    endpoints.push([
      uri,
      collection(
        'Resource',
        members.map((one) => one.uri),
      ),
    ]);
    for (const { uri: place, member } of members) endpoints.push([place, { read: () => member }]);
  }
  return { links: linksBelow(base, '', parts), endpoints };
}

function linksBelow(base: string, path: string, parts: Tree): Json {
  const below = Object.keys(parts).filter((other) =>
    path === ''
      ? !other.includes('/')
      : other.startsWith(`${path}/`) && !other.slice(path.length + 1).includes('/'),
  );
  return Object.fromEntries(below.map((other) => [other.split('/').at(-1), link(`${base}/${other}`)]));
}
