import { isObject } from '../../../lib/models/index.ts';
/** A content pack from a bundle or an endpoint. */
export interface WithSections {
  sections: Record<string, Record<string, unknown>>;
}

/** A copy of the content with each param value of its objects replaced. */
export async function mapParams<T extends WithSections>(
  content: T,
  change: (name: string, value: unknown) => Promise<unknown>,
): Promise<T> {
  const sections: [string, Record<string, unknown>][] = [];
  for (const [type, section] of Object.entries(content.sections)) {
    const objects: [string, unknown][] = [];
    for (const [key, object] of Object.entries(section ?? {})) objects.push([key, await withParams(object)]);
    sections.push([type, Object.fromEntries(objects)]);
  }
  return { ...content, sections: Object.fromEntries(sections) };

  async function withParams(object: unknown): Promise<unknown> {
    if (!isObject(object) || !isObject(object.Params)) return object;
    const params: [string, unknown][] = [];
    for (const [name, value] of Object.entries(object.Params)) params.push([name, await change(name, value)]);
    return { ...object, Params: Object.fromEntries(params) };
  }
}
