import { META_FIELDS, ModelError } from '../models/index.ts';
import { type Bundle, type ContentObject, META_DEFAULTS } from './bundle.ts';
import { objectsInOrder } from './object-order.ts';
import { keyField } from './object-types.ts';
import { Problems, refuseProblems, wholeFile } from './problem.ts';
import { STATE_FIELDS } from './state-fields.ts';
import { typedObject } from './typed-object.ts';

/** The arguments of `contents bundle` and `contents bundlize` after the file. */
export interface BundleArguments {
  /** Meta fields, from `FIELD=VALUE`. */
  meta: Record<string, string>;
  /** Objects to include, from `TYPE:KEY` and `TYPE:FIELD=VALUE`. */
  objects: ObjectSelection[];
}

export type ObjectSelection = { type: string; key: string } | { type: string; field: string; value: string };

/** An endpoint to read objects from. It returns secret values in the clear. */
export interface ObjectSource {
  get(type: string, key: string): Promise<ContentObject>;
  list(type: string, field: string, value: string): Promise<ContentObject[]>;
}

/** An endpoint to create objects at. */
export interface ObjectTarget {
  create(type: string, object: ContentObject): Promise<unknown>;
}

export interface BundlizeOptions {
  meta?: Readonly<Record<string, string>>;
  /** Names of params whose values are secret. */
  secureParams?: ReadonlySet<string>;
  /** Encrypts a secret value. Without it, an object with a secret value is refused, since bundles are not protected. */
  seal?: (value: unknown) => Promise<object>;
}

/** Parses `FIELD=VALUE` and, with `withObjects`, `TYPE:KEY`. Throws ModelError (400) with drpcli's messages. */
export function bundleArguments(args: readonly string[], withObjects = false): BundleArguments {
  const meta: Record<string, string> = {};
  const objects: ObjectSelection[] = [];
  for (const arg of args) {
    const [, name = '', separator, value = ''] = /^([^=:]*)([=:])(.*)$/s.exec(arg) ?? [];
    const [, field, wanted = ''] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
    if (withObjects && separator === ':') {
      objects.push(field === undefined ? { type: name, key: value } : { type: name, field, value: wanted });
    } else if (arg.includes('=')) {
      meta[arg.slice(0, arg.indexOf('='))] = arg.slice(arg.indexOf('=') + 1);
    } else {
      const rule = "Meta fields must have '=' in them";
      throw new ModelError(400, withObjects ? `${rule}.  Objects must have a :.` : rule);
    }
  }
  return { meta, objects };
}

/**
 * Makes a bundle from objects of an endpoint, without the endpoint's state fields. Throws ModelError (400), or what
 * `source` throws.
 */
export async function bundlize(
  source: ObjectSource,
  objects: readonly ObjectSelection[],
  options: BundlizeOptions = {},
): Promise<Bundle> {
  if (objects.length === 0) throw new ModelError(400, 'No object specified');
  const problems = new Problems();
  const sections = new Map<string, Map<string, ContentObject>>();
  for (const selection of objects) {
    const { type } = selection;
    const found =
      'key' in selection
        ? [await source.get(type, selection.key)]
        : await source.list(type, selection.field, selection.value);
    for (const raw of found) {
      const key = String(raw[keyField(type)] ?? '');
      const object = typedObject(raw, type, wholeFile(`${type}/${key}`), problems, { yaml: false });
      if (object === undefined) continue;
      for (const field of STATE_FIELDS) delete object[field];
      const section = sections.get(type) ?? new Map<string, ContentObject>();
      sections.set(type, section.set(key, await sealParams(object, `${type}:${key}`, options)));
    }
  }
  refuseProblems(problems.list);
  const meta = META_FIELDS.map((field) => {
    return [field, (options.meta?.[field] ?? META_DEFAULTS[field] ?? '').trim()] as const;
  });
  const sorted = [...sections].map(
    ([type, section]) => [type, Object.fromEntries([...section].sort(byKey))] as const,
  );
  return { meta: Object.fromEntries(meta), sections: Object.fromEntries(sorted.sort(byKey)) };
}

async function sealParams(
  object: ContentObject,
  name: string,
  options: BundlizeOptions,
): Promise<ContentObject> {
  const { Params } = object;
  if (typeof Params !== 'object' || Params === null) return object;
  const sealed = await Promise.all(
    Object.entries(Params).map(async ([param, value]): Promise<[string, unknown]> => {
      if (options.secureParams?.has(param) !== true) return [param, value];
      if (options.seal !== undefined) return [param, await options.seal(value)];
      throw new ModelError(400, `${name} has the secure param ${param}, but there is no key to seal it with`);
    }),
  );
  return { ...object, Params: Object.fromEntries(sealed) };
}

/**
 * Creates each object of a bundle at an endpoint as a writable object. Throws ModelError (400, or the endpoint's code)
 * that names the object that could not be created.
 */
export async function convert(bundle: Bundle, target: ObjectTarget): Promise<void> {
  for (const { type, key, object } of objectsInOrder(bundle)) {
    try {
      await target.create(type, object);
    } catch (error) {
      const code = error instanceof ModelError ? error.code : 400;
      const reason = error instanceof Error ? error.message : String(error);
      throw new ModelError(code, `Failed to create ${type}:${key}: ${reason}`, { cause: error });
    }
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
