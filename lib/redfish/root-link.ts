import { linkAt } from '../https/index.ts';
import type { Service } from './service.ts';
import { ROOT } from './service-root.ts';

/**
 * The target of `name` in the root; undefined when the root has no such link. The root is read again with credentials, since some
 * services show all of it only after a login. Throws ModelError when it cannot be read.
 */
export async function rootLink(service: Service, name: string): Promise<string | undefined> {
  return linkAt(service.root, name) ?? linkAt((await service.get(ROOT)).resource, name);
}
