import { useMemo, useState } from 'preact/hooks';
import { ask, EndpointError } from '../endpoint.ts';
import { clearEvents, events, eventsVersion, type SeenEvent } from '../feed.ts';
import { INSPECTOR_API } from '../objects.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { BodyText } from '../parts/json-text.tsx';
import { LiveList } from '../parts/live-list.tsx';
import { clock } from '../parts/moments.ts';
import { Problem } from '../parts/problem.tsx';
import { hasWords } from '../parts/words.ts';
import { useProcesses } from '../plugin-lists.ts';

/** The endpoint's events as they happen. */
export function EventsView() {
  const [type, setType] = useState('');
  const [search, setSearch] = useState('');
  const [withLog, setWithLog] = useState(false);
  const version = eventsVersion.value;
  const types = useMemo(() => [...new Set(events.items.map((event) => event.type))].sort(), [version]);
  const words = hasWords(search);
  const test = (event: SeenEvent) => {
    if (type === '' ? event.type === 'log' && !withLog : event.type !== type) return false;
    if (words === undefined) return true;
    const text = `${event.type}.${event.action}.${event.key} ${event.text}`;
    return words(text);
  };
  return (
    <LiveList
      what="events"
      ring={events}
      version={version}
      filter={`${type} ${withLog} ${search}`}
      test={test}
      onClear={clearEvents}
      row={(event) => (
        <>
          <span class="soft">{clock(event.time)}</span>
          <span>
            {event.type}.{event.action}
          </span>
          <span class="soft rest">
            {event.key} {event.principal && `by ${event.principal}`}
          </span>
        </>
      )}
      detail={(event) => <Detail key={event.id} event={event} />}
    >
      <label>
        Type
        <select value={type} onChange={({ currentTarget }) => setType(currentTarget.value)}>
          <option value="">any</option>
          {types.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label class="grow">
        <span class="unseen">Words in the event</span>
        <input
          class="mono"
          type="search"
          placeholder="Words, machines.update …"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      </label>
      {type === '' && (
        <label>
          <input
            type="checkbox"
            checked={withLog}
            onChange={({ currentTarget }) => setWithLog(currentTarget.checked)}
          />
          with log lines
        </label>
      )}
    </LiveList>
  );
}

function Detail({ event }: { event: SeenEvent }) {
  const value: unknown = useMemo(() => JSON.parse(event.text), [event]);
  const processes = useProcesses().value ?? [];
  const running = processes.filter(({ State }) => State === 'running' || State === 'busy');
  const [plugin, setPlugin] = useState('');
  const [outcome, setOutcome] = useState('');
  const [failure, setFailure] = useState<EndpointError>();
  const to = plugin || running[0]?.Name || '';
  const replay = async () => {
    setFailure(undefined);
    setOutcome('Sending');
    try {
      await ask(['plugins', to, 'publish'], { base: INSPECTOR_API, method: 'POST', json: value });
      setOutcome(`${to} took it.`);
    } catch (error) {
      setOutcome('');
      setFailure(EndpointError.from(error));
    }
  };
  return (
    <>
      <div class="bar">
        <strong class="mono">
          {event.type}.{event.action}.{event.key}
        </strong>
        <CopyButton label="Copy" text={() => JSON.stringify(value, null, 2)} />
        {running.length > 0 && (
          <>
            <label>
              Replay to
              <select value={to} onChange={({ currentTarget }) => setPlugin(currentTarget.value)}>
                {running.map(({ Name }) => (
                  <option key={Name}>{Name}</option>
                ))}
              </select>
            </label>
            <button type="button" onClick={replay}>
              Replay
            </button>
          </>
        )}
        <span class="soft" role="status">
          {outcome}
        </span>
      </div>
      {failure && <Problem error={failure} about={`${to} did not take it`} />}
      <BodyText text={event.text} />
    </>
  );
}
