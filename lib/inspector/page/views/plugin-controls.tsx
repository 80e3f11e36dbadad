import { useState } from 'preact/hooks';
import { ask } from '../endpoint.ts';
import { INSPECTOR_API, type PluginProcess } from '../objects.ts';

type Verb = 'start' | 'stop' | 'restart';

const LABELS: Readonly<Record<Verb, string>> = { start: 'Start', stop: 'Stop', restart: 'Restart' };
const KINDS: Readonly<Record<PluginProcess['State'], string>> = {
  starting: 'wait',
  running: 'good',
  busy: 'good',
  stopped: 'off',
  failed: 'bad',
};

export function StateWord({ state }: { state: PluginProcess['State'] }) {
  return (
    <span class={`state state-${KINDS[state]}`}>
      <span class="dot" aria-hidden="true" />
      {state}
    </span>
  );
}

/** Buttons that start and stop a plugin. */
export function PluginControls({
  process,
  onChanged,
  onFailure,
}: {
  process: Pick<PluginProcess, 'Name' | 'State'>;
  onChanged: (now: PluginProcess) => void;
  onFailure: (error: unknown) => void;
}) {
  const [under, setUnder] = useState<Verb>();
  const { Name, State } = process;
  const verbs: readonly Verb[] = State === 'stopped' ? ['start'] : ['restart', 'stop'];
  const act = async (verb: Verb) => {
    if (under !== undefined) return;
    setUnder(verb);
    try {
      onChanged(await ask<PluginProcess>(['plugins', Name, verb], { base: INSPECTOR_API, method: 'POST' }));
    } catch (error) {
      onFailure(error);
    }
    setUnder(undefined);
  };
  return (
    <span class="buttons">
      {verbs.map((verb) => (
        <button
          key={verb}
          type="button"
          aria-label={`${LABELS[verb]} ${Name}`}
          aria-disabled={under !== undefined}
          onClick={() => act(verb)}
        >
          {under === verb ? '…' : LABELS[verb]}
        </button>
      ))}
    </span>
  );
}
