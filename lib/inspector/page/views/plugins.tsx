import { useState } from 'preact/hooks';
import { EndpointError } from '../endpoint.ts';
import type { PluginProcess, PluginProvider } from '../objects.ts';
import { ago, megabytes } from '../parts/moments.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { useProcesses, useProviders } from '../plugin-lists.ts';
import { href } from '../route.ts';
import { PluginView } from './plugin.tsx';
import { PluginControls, StateWord } from './plugin-controls.tsx';
import { ProviderView } from './provider.tsx';

/** Addresses: `plugins`, `plugins/plugin/NAME`, `plugins/provider/NAME` and below. */
export function PluginsView({ path }: { path: readonly string[] }) {
  const [what = '', name = '', part = ''] = path;
  if (what === 'plugin' && name !== '') return <PluginView key={name} name={name} />;
  if (what === 'provider' && name !== '') return <ProviderView key={name} name={name} part={part} />;
  return <Overview />;
}

function Overview() {
  const processes = useProcesses();
  const providers = useProviders();
  const [failure, setFailure] = useState<{ name: string; error: EndpointError }>();
  const error = processes.error ?? providers.error;
  return (
    <>
      <h1>Plugins</h1>
      {error && <Problem error={error} about="The list could not be read" />}
      {failure && <Problem error={failure.error} about={failure.name} />}
      {processes.value && (
        <Table
          caption="Plugins and their processes"
          columns={[
            { title: 'Plugin' },
            { title: 'State' },
            { title: 'Process', class: 'wide' },
            { title: 'Memory', class: 'wide number' },
            { title: 'Restarts', class: 'wide number' },
            { title: 'Start and stop', unseen: true },
          ]}
          empty={processes.value.length === 0 && 'No provider has a plugin yet.'}
        >
          {processes.value.map((process) => (
            <Row
              key={process.Name}
              process={process}
              onChanged={() => {
                setFailure(undefined);
                processes.reload();
              }}
              onFailure={(name, problem) => setFailure({ name, error: problem })}
            />
          ))}
        </Table>
      )}
      <h2>Providers</h2>
      {providers.value && <Providers list={providers.value} processes={processes.value ?? []} />}
    </>
  );
}

function Row({
  process,
  onChanged,
  onFailure,
}: {
  process: PluginProcess;
  onChanged: () => void;
  onFailure: (name: string, error: EndpointError) => void;
}) {
  const { Name, Provider, Pid, StartedAt, Restarts, MemoryBytes, LastError } = process;
  return (
    <tr>
      <th scope="row">
        <a href={href('plugins', 'plugin', Name)}>{Name}</a>
        {Provider !== Name && <span class="soft"> of {Provider}</span>}
        {LastError && <p class="bad small clip">{(LastError.Messages ?? []).join(' ')}</p>}
      </th>
      <td>
        <StateWord state={process.State} />
      </td>
      <td class="wide mono">
        {Pid}
        {StartedAt && <span class="soft"> {ago(StartedAt)}</span>}
      </td>
      <td class="wide mono number">{MemoryBytes !== undefined && megabytes(MemoryBytes)}</td>
      <td class="wide mono number">{Restarts}</td>
      <td class="controls">
        <PluginControls
          process={process}
          onChanged={onChanged}
          onFailure={(problem) => onFailure(Name, EndpointError.from(problem))}
        />
      </td>
    </tr>
  );
}

function Providers({
  list,
  processes,
}: {
  list: readonly PluginProvider[];
  processes: readonly PluginProcess[];
}) {
  if (list.length === 0)
    return (
      <p class="empty">
        There are none. Put a provider's executable into the endpoint's plugins folder, or upload it.
      </p>
    );
  return (
    <Table
      caption="Providers"
      columns={[
        { title: 'Provider' },
        { title: 'Version' },
        { title: 'Actions', class: 'wide number' },
        { title: 'Events', class: 'wide' },
        { title: 'Plugins' },
      ]}
    >
      {list.map(({ Name, Version, AvailableActions, HasPublish }) => {
        const plugins = processes.filter(({ Provider }) => Provider === Name);
        return (
          <tr key={Name}>
            <th scope="row">
              <a href={href('plugins', 'provider', Name)}>{Name}</a>
            </th>
            <td class="mono clip">{Version}</td>
            <td class="wide mono number">{AvailableActions?.length ?? 0}</td>
            <td class="wide">{HasPublish ? 'all' : 'those it asks for'}</td>
            <td>
              {plugins.length === 0 ? (
                <a href={href('plugins', 'provider', Name)}>Make one</a>
              ) : (
                plugins.map(({ Name: plugin }) => (
                  <a key={plugin} href={href('plugins', 'plugin', plugin)}>
                    {plugin}{' '}
                  </a>
                ))
              )}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
