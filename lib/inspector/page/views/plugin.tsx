import { useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import type { Plugin } from '../objects.ts';
import { ago, clock, megabytes } from '../parts/moments.ts';
import { Problem } from '../parts/problem.tsx';
import { useProcesses, useProvider } from '../plugin-lists.ts';
import { href } from '../route.ts';
import { Configuration } from './configuration.tsx';
import { PluginControls, StateWord } from './plugin-controls.tsx';

/** A plugin: its process and its configuration. */
export function PluginView({ name }: { name: string }) {
  const processes = useProcesses();
  const plugin = useLoaded(`plugin ${name}`, (signal) => ask<Plugin>(['plugins', name], { signal }), {
    changes: ({ type, key }) => type === 'plugins' && key === name,
  });
  const provider = useProvider(plugin.value?.Provider);
  const [failure, setFailure] = useState<EndpointError>();
  const process = processes.value?.find(({ Name }) => Name === name);
  const { LastError } = process ?? {};
  const errors = plugin.value?.PluginErrors ?? [];
  return (
    <>
      <p class="crumbs">
        <a href={href('plugins')}>Plugins</a>
      </p>
      <div class="head">
        <h1>{name}</h1>
        {process && <StateWord state={process.State} />}
        {process && (
          <PluginControls
            process={process}
            onChanged={() => {
              setFailure(undefined);
              processes.reload();
            }}
            onFailure={(error) => setFailure(EndpointError.from(error))}
          />
        )}
      </div>
      {plugin.error && <Problem error={plugin.error} about="The plugin could not be read" />}
      {failure && <Problem error={failure} />}
      {process && (
        <dl class="facts">
          <dt>Provider</dt>
          <dd>
            <a href={href('plugins', 'provider', process.Provider)}>{process.Provider}</a>{' '}
            <span class="mono soft">{provider.value?.Version}</span>
          </dd>
          <dt>Process</dt>
          <dd class="mono">{process.Pid ?? 'none'}</dd>
          <dt>Started</dt>
          <dd>
            {process.StartedAt ? `${clock(process.StartedAt)}, ${ago(process.StartedAt)} ago` : 'not running'}
          </dd>
          <dt>Memory</dt>
          <dd class="mono">
            {process.MemoryBytes === undefined ? 'not known' : megabytes(process.MemoryBytes)}
          </dd>
          <dt>Restarts</dt>
          <dd class="mono">{process.Restarts}</dd>
          <dt>Look at</dt>
          <dd class="links">
            <a href={href('live', 'traffic', name)}>socket traffic</a>
            <a href={href('live', 'log', name)}>log</a>
            <a href={href('actions', 'plugins', name)}>actions</a>
            <a href={href('objects', 'plugins', name)}>object</a>
          </dd>
        </dl>
      )}
      {LastError && <Problem error={new EndpointError(LastError)} about="Last error" />}
      {errors.length > 0 && (
        <div class="problem">
          <p>
            <strong>Why it does not run</strong>
          </p>
          <ul class="mono">
            {errors.map((error) => (
              <li key={error}>{error}</li>
            ))}
          </ul>
        </div>
      )}
      {plugin.value && provider.value && (
        <section aria-labelledby="configure">
          <h2 id="configure">Configure</h2>
          <Configuration
            plugin={plugin.value}
            provider={provider.value}
            onSaved={() => {
              plugin.reload();
              processes.reload();
            }}
          />
        </section>
      )}
    </>
  );
}
