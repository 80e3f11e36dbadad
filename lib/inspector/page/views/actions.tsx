import { useId, useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import { keyOf, nameOf, type PluginProcess, type PluginProvider, type RawModel } from '../objects.ts';
import { Problem } from '../parts/problem.tsx';
import { useProcesses, useProviders } from '../plugin-lists.ts';
import { href, show } from '../route.ts';
import type { Run } from '../run/runs.ts';
import { type Offer, RunForm } from './run-form.tsx';
import { Runs } from './run-result.tsx';

/** Placeholder for an empty segment. */
const NONE = '-';
const MOST_LISTED = 500;
/** From this number of actions on there is a search field. */
const MANY = 12;

/** Address: `actions/PREFIX/KEY/PLUGIN/COMMAND`; each part may be absent or `-`. */
export function ActionsView({ path }: { path: readonly string[] }) {
  const [prefix = 'machines', givenKey = NONE, plugin = NONE, command = NONE] = path;
  const key = givenKey === NONE ? '' : givenKey;
  const providers = useProviders();
  const processes = useProcesses();
  const objects = useObjects(prefix);
  const [search, setSearch] = useState('');
  const [again, setAgain] = useState<{ run: Run; count: number }>();

  const all = offersOf(providers.value ?? [], processes.value ?? []);
  const offers = all.filter((offer) => offer.model === prefix);
  const chosen = offers.find(
    (offer) => offer.command === command && (plugin === NONE || offer.plugin === plugin),
  );
  const found = offers.filter((offer) => offer.command.toLowerCase().includes(search.trim().toLowerCase()));
  const list = objects.value ?? [];
  const effective = key || onlyKey(prefix, list, chosen);
  const error = providers.error ?? processes.error ?? objects.error;
  const listed = list.find((object) => keyOf(object) === effective || nameOf(object) === effective);
  const on = prefix === 'system' ? 'the system' : listed === undefined ? effective : nameOf(listed);

  const repeat = (run: Run) => {
    const { call } = run;
    setAgain({ run, count: (again?.count ?? 0) + 1 });
    show(['actions', call.prefix, call.key || NONE, call.plugin, call.command]);
  };
  const refill = again?.run.call.command === chosen?.command ? again : undefined;
  return (
    <>
      <h1>Actions</h1>
      {error && <Problem error={error} />}
      <Subject
        prefix={prefix}
        objectKey={effective}
        objects={list}
        models={[...new Set(all.map(({ model }) => model))]}
        onMade={objects.reload}
        onPick={(nextPrefix, nextKey) => show(['actions', nextPrefix, nextKey || NONE, plugin, command])}
      />
      <div class="split">
        <nav class="offers" aria-label={`Actions on ${prefix}`}>
          {offers.length > MANY && (
            <input
              type="search"
              aria-label="Find an action"
              placeholder="Find an action"
              value={search}
              onInput={({ currentTarget }) => setSearch(currentTarget.value)}
            />
          )}
          {providers.value && processes.value && offers.length === 0 && (
            <p class="empty">No plugin that runs has actions on {prefix}.</p>
          )}
          {[...new Set(found.map((offer) => offer.plugin))].map((name) => (
            <section key={name} aria-label={name}>
              <h2>{name}</h2>
              <ul class="mono">
                {found
                  .filter((offer) => offer.plugin === name)
                  .map((offer) => (
                    <li key={offer.command}>
                      <a
                        ref={offer === chosen ? reveal : undefined}
                        href={href('actions', prefix, key || NONE, offer.plugin, offer.command)}
                        aria-current={offer === chosen ? 'true' : undefined}
                      >
                        {offer.command}
                      </a>
                    </li>
                  ))}
              </ul>
            </section>
          ))}
        </nav>
        <div>
          {chosen ? (
            <RunForm
              key={`${chosen.plugin} ${chosen.command} ${prefix} ${refill?.count ?? 0}`}
              offer={chosen}
              prefix={prefix}
              objectKey={effective}
              on={on}
              filled={refill?.run.call.params ?? {}}
            />
          ) : (
            offers.length > 0 && <p class="soft pick">Pick an action.</p>
          )}
          <Runs onAgain={repeat} />
        </div>
      </div>
    </>
  );
}

/** The object when there is no choice: the only one, or the plugin itself for its own actions. */
function onlyKey(prefix: string, list: readonly RawModel[], chosen: Offer | undefined): string {
  if (prefix === 'plugins' && chosen !== undefined) return chosen.plugin;
  const [only] = list;
  return list.length === 1 && only !== undefined ? keyOf(only) : '';
}

/** Scrolls only the list. */
function reveal(link: HTMLElement | null): void {
  const list = link?.closest('.offers');
  if (link === null || list === null || list === undefined) return;
  const [inside, outside] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  if (inside.top < outside.top || inside.bottom > outside.bottom)
    list.scrollTop += inside.top - outside.top - outside.height / 3;
}

function offersOf(providers: readonly PluginProvider[], processes: readonly PluginProcess[]): Offer[] {
  return processes
    .filter(({ State }) => State === 'running' || State === 'busy')
    .flatMap(({ Name, Provider }) =>
      (providers.find((provider) => provider.Name === Provider)?.AvailableActions ?? []).map((action) => ({
        plugin: Name,
        command: action.Command,
        model: action.Model === '' ? 'system' : action.Model,
        required: action.RequiredParams ?? [],
        optional: action.OptionalParams ?? [],
      })),
    )
    .sort((a, b) => (a.command < b.command ? -1 : 1));
}

function useObjects(prefix: string) {
  return useLoaded(
    `objects ${prefix}`,
    prefix === 'system'
      ? undefined
      : (signal) => ask<RawModel[]>([prefix], { query: { limit: MOST_LISTED, slim: 'Params,Meta' }, signal }),
    { changes: ({ type, action }) => type === prefix && (action === 'create' || action === 'delete') },
  );
}

interface SubjectProps {
  prefix: string;
  objectKey: string;
  objects: readonly RawModel[];
  /** Prefixes with actions. */
  models: readonly string[];
  onPick: (prefix: string, key: string) => void;
  onMade: () => void;
}

/** The selection of the action's object. */
function Subject({ prefix, objectKey, objects, models, onPick, onMade }: SubjectProps) {
  const id = useId();
  const prefixes = useLoaded('prefixes', (signal) => ask<string[]>(['objects'], { signal }));
  const others = (prefixes.value ?? []).filter((name) => !models.includes(name));
  const current = objects.find((object) => keyOf(object) === objectKey);
  const choose = (text: string) => {
    const found = objects.find((object) => nameOf(object) === text || keyOf(object) === text);
    onPick(prefix, found === undefined ? text.trim() : keyOf(found));
  };
  return (
    <div class="bar subject">
      <label>
        On
        <select value={prefix} onChange={({ currentTarget }) => onPick(currentTarget.value, '')}>
          <optgroup label="With actions">
            {models.map((name) => (
              <option key={name}>{name}</option>
            ))}
            {!models.includes(prefix) && <option>{prefix}</option>}
          </optgroup>
          <optgroup label="Others">
            {others
              .filter((name) => name !== prefix)
              .map((name) => (
                <option key={name}>{name}</option>
              ))}
          </optgroup>
        </select>
      </label>
      {prefix !== 'system' && (
        <label class="grow">
          <span class="unseen">Object</span>
          <input
            class="mono"
            list={`${id}-objects`}
            placeholder="Name or key"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={current === undefined ? objectKey : nameOf(current)}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          />
          <datalist id={`${id}-objects`}>
            {objects.map((object) => (
              <option key={keyOf(object)} value={nameOf(object)} />
            ))}
          </datalist>
        </label>
      )}
      {prefix === 'machines' && (
        <MakeMachine isFirst={objects.length === 0} onMade={onMade} onPick={onPick} />
      )}
    </div>
  );
}

/** Creates a machine: most actions need one, and a new endpoint has none. */
function MakeMachine({
  isFirst,
  onMade,
  onPick,
}: {
  isFirst: boolean;
  onMade: () => void;
  onPick: SubjectProps['onPick'];
}) {
  const [failure, setFailure] = useState<EndpointError>();
  const make = async () => {
    const Name = `inspected-${Date.now().toString(36)}`;
    setFailure(undefined);
    try {
      const made = await ask<RawModel>(['machines'], { method: 'POST', json: { Name } });
      onMade();
      onPick('machines', keyOf(made));
    } catch (error) {
      setFailure(EndpointError.from(error));
    }
  };
  return (
    <>
      <button type="button" onClick={make}>
        {isFirst ? 'Make a machine' : 'Make another'}
      </button>
      {failure && <Problem error={failure} about="The machine was not made" />}
    </>
  );
}
