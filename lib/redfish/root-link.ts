import { linkAt } from '../https/index.ts';
import type { Service } from './service.ts';
import { ROOT } from './service-root.ts';

/**
 * What the root links to under `name`; undefined when it does not. Some services show all of their root to those only who
 * have logged in, so that it is read once more before that. Throws ModelError when it cannot be read.
 */
export async function rootLink(service: Service, name: string): Promise<string | undefined> {
  return linkAt(service.root, name) ?? linkAt((await service.get(ROOT)).resource, name);
}
