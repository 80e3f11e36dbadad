import type { PluginProvider } from '../objects.ts';
import { Documentation } from '../parts/documentation.tsx';
import { JsonText } from '../parts/json-text.tsx';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useProcesses, useProvider } from '../plugin-lists.ts';
import { href } from '../route.ts';
import { Content } from './content.tsx';
import { MakePlugin } from './make-plugin.tsx';

/** A provider: its definition, documentation and content. */
export function ProviderView({ name, part }: { name: string; part: string }) {
  const provider = useProvider(name);
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

/** The provider's actions. One that several types of objects offer with the same params is a single row. */
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
