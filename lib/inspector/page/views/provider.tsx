import { useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { FormFields } from '../form/form.tsx';
import { type Texts, valuesOf } from '../form/form-state.ts';
import { sealer } from '../form/seal.ts';
import { useLoaded } from '../loaded.ts';
import type { PluginProvider, RawModel } from '../objects.ts';
import { Documentation, DocumentationLine } from '../parts/documentation.tsx';
import { JsonText } from '../parts/json-text.tsx';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useProcesses } from '../plugin-lists.ts';
import { href, show } from '../route.ts';
import { usePluginFields } from './configuration.tsx';

/** One provider: what its `define` says, its documentation and its content. */
export function ProviderView({ name, part }: { name: string; part: string }) {
  const provider = useLoaded(
    `provider ${name}`,
    (signal) => ask<PluginProvider>(['plugin_providers', name], { signal }),
    { changes: ({ type, key }) => type === 'plugin_providers' && key === name },
  );
  const here = ['plugins', 'provider', name];
  const { value } = provider;
  return (
    <>
      <p class="crumbs">
        <a href={href('plugins')}>Plugins</a>
      </p>
      <div class="head">
        <h1>{name}</h1>
        <span class="mono soft clip">{value?.Version}</span>
      </div>
      <Tabs
        label={`Provider ${name}`}
        tabs={[
          { title: 'Provider', to: here, current: part === '' },
          { title: 'Content', to: [...here, 'content'], current: part === 'content' },
          { title: 'define', to: [...here, 'define'], current: part === 'define' },
        ]}
      />
      {provider.error && <Problem error={provider.error} about="The provider could not be read" />}
      {value && part === '' && <About provider={value} />}
      {value && part === 'content' && <Content name={name} />}
      {value && part === 'define' && <JsonText value={value} />}
    </>
  );
}

function About({ provider }: { provider: PluginProvider }) {
  const { Name, Documentation: text, StoreObjects } = provider;
  const plugins = (useProcesses().value ?? []).filter(({ Provider }) => Provider === Name);
  const types = Object.keys(StoreObjects);
  const make = (
    <section aria-labelledby="make">
      <h2 id="make">{plugins.length === 0 ? 'Make its plugin' : 'Make another plugin'}</h2>
      <MakePlugin provider={provider} taken={plugins.map((plugin) => plugin.Name)} />
    </section>
  );
  return (
    <>
      <dl class="facts">
        <dt>Plugins</dt>
        <dd class="links">
          {plugins.map((plugin) => (
            <a key={plugin.Name} href={href('plugins', 'plugin', plugin.Name)}>
              {plugin.Name}
            </a>
          ))}
          {plugins.length === 0 && 'none yet'}
        </dd>
        <dt>Protocol</dt>
        <dd>{provider.PluginVersion}</dd>
        <dt>AutoStart</dt>
        <dd>{provider.AutoStart ? 'yes' : 'no'}</dd>
        <dt>HasPublish</dt>
        <dd>{provider.HasPublish ? 'yes: it is sent all events' : 'no'}</dd>
        <dt>Required params</dt>
        <dd>
          <Names names={provider.RequiredParams} />
        </dd>
        <dt>Optional params</dt>
        <dd>
          <Names names={provider.OptionalParams} />
        </dd>
        {types.length > 0 && <dt>Own objects</dt>}
        {types.length > 0 && (
          <dd class="links">
            {types.map((type) => (
              <a key={type} class="mono" href={href('objects', type)}>
                {type}
              </a>
            ))}
          </dd>
        )}
      </dl>
      {plugins.length === 0 && make}
      <h2>Actions</h2>
      <Actions provider={provider} plugin={plugins[0]?.Name ?? '-'} />
      {text.trim() !== '' && (
        <section aria-labelledby="documentation">
          <h2 id="documentation">Documentation</h2>
          <Documentation text={text} />
        </section>
      )}
      {plugins.length > 0 && make}
    </>
  );
}

interface OfferedAction {
  command: string;
  models: string[];
  required: readonly string[];
  optional: readonly string[];
}

/** One that is offered on several kinds of objects with the same params is one row. */
function offered({ AvailableActions }: PluginProvider): OfferedAction[] {
  const actions = new Map<string, OfferedAction>();
  for (const { Command, Model, RequiredParams, OptionalParams } of AvailableActions ?? []) {
    const [required, optional] = [RequiredParams ?? [], OptionalParams ?? []];
    const mark = JSON.stringify([Command, required, optional]);
    const action = actions.get(mark) ?? { command: Command, models: [], required, optional };
    action.models.push(Model || 'system');
    actions.set(mark, action);
  }
  return [...actions.values()];
}

function Actions({ provider, plugin }: { provider: PluginProvider; plugin: string }) {
  const actions = offered(provider);
  return (
    <Table
      caption={`Actions of ${provider.Name}`}
      columns={[{ title: 'Action' }, { title: 'On', class: 'wide' }, { title: 'Params' }]}
      empty={actions.length === 0 && 'It has none.'}
    >
      {actions.map(({ command, models, required, optional }) => (
        <tr key={`${command} ${models.join()}`}>
          <th scope="row" class="mono">
            <a href={href('actions', models[0] ?? 'machines', '-', plugin, command)}>{command}</a>
          </th>
          <td class="wide">{models.join(', ')}</td>
          <td>
            <Names names={required} />
            {optional.length > 0 && (
              <details>
                <summary>{optional.length} optional</summary>
                <Names names={optional} />
              </details>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Names({ names }: { names: readonly string[] | null }) {
  if (names === null || names.length === 0) return <span class="soft">none</span>;
  return (
    <ul class="names mono">
      {names.map((name) => (
        <li key={name}>
          <a href={href('objects', 'params', name)}>{name}</a>
        </li>
      ))}
    </ul>
  );
}

function MakePlugin({ provider, taken }: { provider: PluginProvider; taken: readonly string[] }) {
  const fields = usePluginFields(provider) ?? [];
  const [name, setName] = useState('');
  const [texts, setTexts] = useState<Texts>({});
  const [checked, setChecked] = useState(false);
  const [failure, setFailure] = useState<EndpointError>();
  const suggested = taken.includes(provider.Name) ? '' : provider.Name;
  const required = fields.filter((field) => field.required);
  const { values, problems } = valuesOf(
    required,
    texts,
    (param) => required.find((field) => field.name === param)?.default !== undefined,
  );
  const make = async (event: Event) => {
    event.preventDefault();
    setChecked(true);
    setFailure(undefined);
    const wanted = name.trim() || suggested;
    if (wanted === '' || Object.keys(problems).length > 0) return;
    const [open, secret] = [false, true].map((isSecret) =>
      Object.fromEntries(
        required.flatMap((field) =>
          field.secure === isSecret && Object.hasOwn(values, field.name)
            ? [[field.name, values[field.name]] as const]
            : [],
        ),
      ),
    );
    try {
      await ask(['plugins'], {
        method: 'POST',
        json: { Name: wanted, Provider: provider.Name, Params: open ?? {} },
      });
      await setSecrets(wanted, secret ?? {});
      show(['plugins', 'plugin', wanted]);
    } catch (error) {
      setFailure(EndpointError.from(error));
    }
  };
  return (
    <form class="form" onSubmit={make}>
      <div class="field">
        <label for="plugin-name">
          Name <span class="tag tag-strong">required</span>
        </label>
        <input
          id="plugin-name"
          class="mono"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          placeholder={suggested}
          aria-invalid={checked && name.trim() === '' && suggested === ''}
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </div>
      <FormFields
        fields={required}
        texts={texts}
        problems={problems}
        checked={checked}
        onText={(param, text) => setTexts({ ...texts, [param]: text })}
        otherwise={(field) => field.default && `the default, ${JSON.stringify(field.default.value)}`}
      />
      {failure && <Problem error={failure} about="The plugin was not made, or not with all of its params" />}
      <div class="bar">
        <button type="submit">Make it</button>
      </div>
    </form>
  );
}

/** Secrets are sealed with the key of the object, which has to be there first. */
async function setSecrets(plugin: string, secrets: RawModel): Promise<void> {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return;
  const seal = await sealer('plugins', plugin);
  for (const [name, value] of entries)
    await ask(['plugins', plugin, 'params', name], { method: 'POST', json: seal(value) });
}

interface Pack {
  meta: Record<string, unknown>;
  sections: Record<string, Record<string, RawModel>>;
}

function Content({ name }: { name: string }) {
  const pack = useLoaded(`content ${name}`, (signal) => ask<Pack>(['contents', name], { signal }), {
    changes: ({ type, key }) => type === 'contents' && key === name,
  });
  if (pack.error) return <Problem error={pack.error} about="It has no content, or it could not be read" />;
  if (pack.value === undefined) return <p class="soft">Loading</p>;
  const { meta, sections } = pack.value;
  const types = Object.keys(sections).sort();
  return (
    <>
      <p class="soft">
        {text(meta.Description)} {types.length === 0 && 'It has no objects.'}
      </p>
      {types.map((type) => {
        const entries = Object.entries(sections[type] ?? {});
        return (
          <section key={type} aria-label={type}>
            <h2>
              {type} <span class="soft">{entries.length}</span>
            </h2>
            {entries.map(([key, object]) => (
              <details key={key} class="object">
                <summary>
                  <span class="mono">{key}</span>{' '}
                  <span class="soft">
                    <DocumentationLine text={text(object.Description)} />
                  </span>
                </summary>
                <Documentation text={text(object.Documentation)} />
                {object.Schema !== undefined && <JsonText value={object.Schema} />}
                <p>
                  <a href={href('objects', type, key)}>The whole object</a>
                </p>
              </details>
            ))}
          </section>
        );
      })}
    </>
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
