import { type Action, type AvailableAction, ModelError, type RawModel } from '../../models/index.ts';
import type { Events } from '../state/events.ts';
import type { Found, Objects } from '../state/objects.ts';
import type { PluginHost } from './index.ts';
import type { Plugins, RunningPlugin } from './plugins.ts';

/** What an action is called on: an object, or the global profile for `system`. */
export interface Subject {
  /** The prefix, or `system`. */
  commandSet: string;
  found: Found;
}

/** The caller of an action. */
interface Caller {
  principal: string;
  signal: AbortSignal;
  /** Called with the secret values that are sent to the plugin. */
  onSecrets?: (texts: readonly string[]) => void;
}

interface Offer {
  plugin: RunningPlugin;
  declaration: AvailableAction;
}

/** Finds, checks and runs the actions of running plugins. */
export class Actions {
  readonly #objects: Objects;
  readonly #events: Events;
  readonly #plugins: Plugins;
  readonly #host: PluginHost;

  constructor(parts: { objects: Objects; events: Events; plugins: Plugins; host: PluginHost }) {
    this.#objects = parts.objects;
    this.#events = parts.events;
    this.#plugins = parts.plugins;
    this.#host = parts.host;
  }

  /** The actions whose required params the subject has. */
  list(subject: Subject, plugin: string | null): AvailableAction[] {
    return this.#offers(subject, plugin)
      .filter((offer) => !(this.#fill(subject, offer, {}) instanceof ModelError))
      .map(shown)
      .sort((a, b) => (a.Command < b.Command ? -1 : 1));
  }

  /** Throws ModelError 404 when no plugin offers the action, 400 when a required param is missing. */
  show(subject: Subject, command: string, plugin: string | null): AvailableAction {
    const { prefix, key } = subject.found;
    const offers = this.#offers(subject, plugin, command);
    const details = { model: prefix, key, type: 'GET' };
    if (offers.length === 0) throw new ModelError(404, `${command}: Not Found`, details);
    let refusal: ModelError | undefined;
    for (const offer of offers) {
      const filled = this.#fill(subject, offer, {});
      if (!(filled instanceof ModelError)) return shown(offer);
      refusal = new ModelError(filled.code, filled.messages, details);
    }
    throw refusal;
  }

  /**
   * Runs an action and returns the plugin's answer. Throws ModelError of Type INVOKE: 400 when there is no such action
   * or its params are missing or invalid, else the plugin's own error.
   */
  async run(
    subject: Subject,
    command: string,
    plugin: string | null,
    given: RawModel,
    caller: Caller,
  ): Promise<unknown> {
    const { commandSet, found } = subject;
    const key = commandSet === 'system' ? 'global' : found.key;
    const details = { model: commandSet, key, type: 'INVOKE' };
    let refusal = new ModelError(
      400,
      plugin
        ? `Action ${command} on ${commandSet} for plugin ${plugin} not found`
        : `Action ${command} on ${commandSet}: Not Found`,
      details,
    );
    for (const offer of this.#offers(subject, plugin, command)) {
      const params = this.#fill(subject, offer, given);
      if (params instanceof ModelError) {
        refusal = params;
        continue;
      }
      caller.onSecrets?.(this.#secretsIn(params));
      const action: Action = {
        Model: this.#objects.view(found.prefix, found.object),
        Plugin: offer.plugin.name,
        Command: command,
        CommandSet: commandSet,
        Params: params,
      };
      this.#events.publish({
        Type: commandSet,
        Action: command,
        Key: key,
        Principal: caller.principal,
        Object: { ...action, Params: this.#withoutSecrets(params) },
      });
      try {
        return await this.#host.action(offer.plugin.name, action, { signal: caller.signal });
      } catch (error) {
        const failure = ModelError.from(error);
        if (failure === undefined) throw error;
        const { code, messages, model, key: about } = failure;
        throw new ModelError(code, messages, { model, key: about, type: 'INVOKE', cause: error });
      }
    }
    throw refusal;
  }

  /** The plugins that offer a command, or any command. When the subject is a plugin, its own actions come first. */
  #offers({ commandSet, found }: Subject, plugin: string | null, command?: string): Offer[] {
    const model = commandSet === 'system' ? '' : commandSet;
    const offers = this.#plugins
      .running()
      .filter(({ name }) => plugin === null || plugin === '' || name === plugin)
      .flatMap((running) =>
        (running.provider.AvailableActions ?? [])
          .filter(({ Model, Command }) => modelOf(Model) === model && (command ?? Command) === Command)
          .map((declaration) => ({ plugin: running, declaration })),
      );
    if (commandSet !== 'plugins') return offers;
    const own = (offer: Offer) => (offer.plugin.name === found.key ? 0 : 1);
    return offers.sort((a, b) => own(a) - own(b));
  }

  /** The params for a call: those given, then those of the object and its profiles, of the plugin, and the defaults. */
  #fill(
    { commandSet, found }: Subject,
    { plugin, declaration }: Offer,
    given: RawModel,
  ): RawModel | ModelError {
    const { params } = this.#objects;
    const { prefix, key, object } = found;
    const required = declaration.RequiredParams ?? [];
    const problems: string[] = [];
    const filled = new Map<string, unknown>();
    for (const [name, value] of Object.entries(given))
      filled.set(name, params.reveal({ value, prefix, key }));
    let inherited: RawModel[] | undefined;
    for (const name of new Set([...required, ...(declaration.OptionalParams ?? [])])) {
      if (filled.has(name)) continue;
      inherited ??= [
        params.of(prefix, key, object, { aggregate: true, decode: true }),
        this.#ofPlugin(plugin.name),
      ];
      const source = inherited.find((from) => Object.hasOwn(from, name));
      const value = source === undefined ? params.default(name) : { value: source[name] };
      if (value !== undefined) filled.set(name, value.value);
      else if (required.includes(name)) {
        problems.push(`Action ${declaration.Command} Missing Parameter ${name}`);
      }
    }
    for (const [name, value] of filled) {
      const problem = params.problem(name, value);
      if (problem === undefined) continue;
      problems.push(`Action ${declaration.Command}: Invalid Parameter: ${name}: ${problem}`);
    }
    if (problems.length === 0) return Object.fromEntries(filled);
    const about = commandSet === 'system' ? 'global' : key;
    return new ModelError(400, problems, { model: commandSet, key: about, type: 'INVOKE' });
  }

  #ofPlugin(name: string): RawModel {
    const plugin = this.#objects.find('plugins', name);
    return plugin === undefined
      ? {}
      : this.#objects.params.of('plugins', name, plugin.object, { decode: true });
  }

  #secretsIn(params: RawModel): string[] {
    return Object.entries(params).flatMap(([name, value]) =>
      this.#objects.params.isSecure(name) ? textsIn(value) : [],
    );
  }

  #withoutSecrets(params: RawModel): RawModel {
    return Object.fromEntries(
      Object.entries(params).filter(([name]) => !this.#objects.params.isSecure(name)),
    );
  }
}

/** All strings in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function modelOf(model: string): string {
  return model === 'system' ? '' : model;
}

function shown({ plugin, declaration }: Offer): AvailableAction {
  const { RequiredParams, OptionalParams } = declaration;
  return {
    ...declaration,
    Provider: plugin.provider.Name,
    RequiredParams: RequiredParams ?? [],
    OptionalParams: OptionalParams ?? [],
  };
}
