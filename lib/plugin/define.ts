import {
  type AvailableAction,
  PLUGIN_VERSION,
  type PluginProvider,
  versionProblem,
} from '../models/index.ts';
import { type ActionDeclaration, action, type PluginDeclaration } from './declaration.ts';
import type { NoObjects, StoreObjects } from './object-types.ts';
import { version } from './version.ts';

/** A declaration with its type parameters erased: names, and values that arrived over the wire. */
type PlainDeclaration = PluginDeclaration<Record<string, unknown>, StoreObjects>;

/** A checked declaration, as `run` takes it. */
export interface Plugin {
  readonly declaration: PlainDeclaration;
  /** What `define` prints. */
  readonly definition: PluginProvider;
  /** All actions, one entry per command and kind of object. */
  readonly actions: readonly DefinedAction[];
}

export interface DefinedAction extends ActionDeclaration<Record<string, unknown>, StoreObjects> {
  readonly command: string;
}

/** A mistake in a declaration. Its message names the plugin and the field. */
export class DeclarationError extends Error {
  override readonly name = 'DeclarationError';

  constructor(plugin: string, field: string, problem: string) {
    super(`plugin "${plugin}": ${field}: ${problem}`);
  }
}

const MEMBERS = new Set([
  'actions',
  'autoStart',
  'catchUp',
  'config',
  'content',
  'core0',
  'docker',
  'documentation',
  'events',
  'hasPublish',
  'meta',
  'name',
  'onEvent',
  'optionalParams',
  'requiredParams',
  'routes',
  'stop',
  'storeObjects',
  'summary',
  'unpack',
  'validate',
]);
const HANDLERS = [
  'catchUp',
  'config',
  'core0',
  'docker',
  'onEvent',
  'routes',
  'stop',
  'unpack',
  'validate',
] as const;

/**
 * Makes a provider from its declaration. The actions that `define` lists and the code that runs them are one value, so
 * they cannot differ. Throws DeclarationError for a declaration that contradicts itself.
 */
export function definePlugin<
  P = Record<string, unknown>,
  const S extends StoreObjects = NoObjects,
  const R extends keyof P & string = never,
>(declaration: PluginDeclaration<P, S, R>): Plugin {
  const plain = declaration as unknown as PlainDeclaration;
  checkMembers(plain);
  checkEvents(plain);
  const actions = actionsOf(plain);
  checkParams(plain.name, '', plain.requiredParams, plain.optionalParams);
  const definition = definitionOf(plain, actions);
  checkVersion(definition);
  return { declaration: plain, definition, actions };
}

/** The object that `define` prints. Its keys have the order of the Go reference plugin. */
function definitionOf(declaration: PlainDeclaration, actions: readonly DefinedAction[]): PluginProvider {
  return {
    Meta: { ...declaration.meta },
    Name: declaration.name,
    Version: version(),
    PluginVersion: PLUGIN_VERSION,
    AutoStart: declaration.autoStart ?? false,
    HasPublish: declaration.hasPublish ?? false,
    AvailableActions: listOrNull(actions.map(availableAction)),
    RequiredParams: listOrNull(declaration.requiredParams),
    OptionalParams: listOrNull(declaration.optionalParams),
    StoreObjects: { ...declaration.storeObjects },
    Documentation: declaration.documentation ?? '',
    Content: declaration.content ?? '',
  };
}

function availableAction(action: DefinedAction): AvailableAction {
  return {
    Provider: '',
    Model: action.model === 'system' ? '' : action.model,
    Command: action.command,
    RequiredParams: listOrNull(action.requiredParams),
    OptionalParams: listOrNull(action.optionalParams),
  };
}

/** The Go reference plugin encodes an absent list as null. */
function listOrNull<T>(list: readonly T[] = []): T[] | null {
  return list.length > 0 ? [...list] : null;
}

/** An endpoint does not start when any provider has a version that it cannot parse. Throws DeclarationError. */
export function checkVersion({ Name, Version }: PluginProvider): void {
  const problem = versionProblem(Version);
  if (problem !== undefined) throw new DeclarationError(Name, 'Version', problem);
}

function checkMembers(declaration: PlainDeclaration): void {
  const { name } = declaration;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9_-]*$/.test(name)) {
    throw new DeclarationError(String(name), 'name', 'expected lower-case letters, digits, "-" and "_"');
  }
  for (const member of Object.keys(declaration)) {
    if (!MEMBERS.has(member)) throw new DeclarationError(name, member, 'no such member');
  }
  if (typeof declaration.summary !== 'string' || declaration.summary === '') {
    throw new DeclarationError(name, 'summary', 'expected a line of text');
  }
  for (const handler of HANDLERS) {
    const value = declaration[handler];
    if (value !== undefined && typeof value !== 'function') {
      throw new DeclarationError(name, handler, `expected a function, found ${typeof value}`);
    }
  }
  for (const prefix of Object.keys(declaration.storeObjects ?? {})) {
    if (!/^[a-z][a-z0-9_-]*$/.test(prefix)) {
      throw new DeclarationError(
        name,
        `storeObjects.${prefix}`,
        'expected lower-case letters, digits, "-" and "_"',
      );
    }
  }
}

function checkEvents(declaration: PlainDeclaration): void {
  const { name } = declaration;
  const { events, hasPublish, onEvent } = declaration as {
    events?: unknown;
    hasPublish?: unknown;
    onEvent?: unknown;
  };
  if (events !== undefined && hasPublish) {
    throw new DeclarationError(
      name,
      'hasPublish',
      'contradicts events: an event would come twice; keep events',
    );
  }
  if (events === undefined && !hasPublish && onEvent !== undefined) {
    throw new DeclarationError(
      name,
      'onEvent',
      'would never be called: declare events, the selectors to listen for',
    );
  }
  if ((events !== undefined || hasPublish) && onEvent === undefined) {
    throw new DeclarationError(
      name,
      events === undefined ? 'hasPublish' : 'events',
      'has no onEvent to go to',
    );
  }
  if (events === undefined && declaration.catchUp !== undefined) {
    throw new DeclarationError(name, 'catchUp', 'would never be called: it goes with events, the selectors');
  }
  if (Array.isArray(events)) {
    if (events.length === 0) throw new DeclarationError(name, 'events', 'expected at least one selector');
    for (const selector of events) checkSelector(name, selector);
  } else if (events !== undefined && typeof events !== 'function') {
    throw new DeclarationError(name, 'events', `expected selectors, found ${typeof events}`);
  }
}

/** Throws DeclarationError for fewer than three parts: an endpoint of 2019 crashes on such a selector. */
function checkSelector(plugin: string, selector: unknown): asserts selector is string {
  if (typeof selector !== 'string' || !/^[^.\s]+\.[^.\s]+\.\S+$/.test(selector)) {
    throw new DeclarationError(
      plugin,
      'events',
      `expected TYPE.ACTION.KEY, found ${JSON.stringify(selector)}`,
    );
  }
}

function actionsOf(declaration: PlainDeclaration): DefinedAction[] {
  const actions: DefinedAction[] = [];
  const declared =
    typeof declaration.actions === 'function' ? declaration.actions({ action }) : declaration.actions;
  for (const [command, entry] of Object.entries(declared ?? {})) {
    const field = `actions.${command}`;
    if (!/^[A-Za-z][\w-]*$/.test(command)) {
      throw new DeclarationError(declaration.name, field, 'expected letters, digits, "-" and "_"');
    }
    for (const action of [entry].flat()) {
      if (typeof action.model !== 'string' || !/^[a-z][a-z0-9_-]*$/.test(action.model)) {
        throw new DeclarationError(
          declaration.name,
          `${field}.model`,
          'expected an object prefix or "system"',
        );
      }
      if (typeof action.run !== 'function') {
        throw new DeclarationError(declaration.name, `${field}.run`, 'expected a function');
      }
      if (actions.some((other) => other.command === command && other.model === action.model)) {
        throw new DeclarationError(declaration.name, field, `two actions on ${action.model}`);
      }
      checkParams(declaration.name, `${field}.`, action.requiredParams, action.optionalParams);
      actions.push({ ...action, command });
    }
  }
  return actions;
}

function checkParams(
  plugin: string,
  at: string,
  required: readonly string[] = [],
  optional: readonly string[] = [],
): void {
  const seen = new Set<string>();
  for (const [field, list] of [
    ['requiredParams', required],
    ['optionalParams', optional],
  ] as const) {
    for (const param of list) {
      if (typeof param !== 'string' || param === '') {
        throw new DeclarationError(plugin, at + field, 'expected names of params');
      }
      if (seen.has(param)) throw new DeclarationError(plugin, at + field, `${param} is named twice`);
      seen.add(param);
    }
  }
}
