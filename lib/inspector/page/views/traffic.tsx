import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { SocketExchange, TrafficPart } from '../../../models/index.ts';
import { ask, EndpointError } from '../endpoint.ts';
import { INSPECTOR_API } from '../objects.ts';
import { BodyText } from '../parts/json-text.tsx';
import { LiveList } from '../parts/live-list.tsx';
import { clock, duration } from '../parts/moments.ts';
import { Problem } from '../parts/problem.tsx';
import { hasWords } from '../parts/words.ts';
import { useProcesses } from '../plugin-lists.ts';
import { Ring } from '../ring.ts';
import { show } from '../route.ts';

type Seen = SocketExchange & { id: number };

const MOST = 10_000;
const MOST_CHARACTERS = 32 * 1024 * 1024;
const WAIT_SECONDS = 20;
const PAUSE_MS = 2_000;
const LONGEST_SUBJECT = 200;

/** The traffic on the sockets of a plugin. */
export function TrafficView({ plugin }: { plugin: string }) {
  const processes = useProcesses().value ?? [];
  const names = processes.map(({ Name }) => Name);
  const name = plugin || names[0] || '';
  const picker = (
    <label>
      Plugin
      <select
        value={name}
        onChange={({ currentTarget }) => show(['live', 'traffic', currentTarget.value], { replace: true })}
      >
        {!names.includes(name) && <option>{name}</option>}
        {names.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
  return name === '' ? (
    <p class="empty panel">There is no plugin yet.</p>
  ) : (
    <Conversation key={name} plugin={name} picker={picker} />
  );
}

function Conversation({ plugin, picker }: { plugin: string; picker: ComponentChildren }) {
  const ring = useMemo(
    () =>
      new Ring<Seen>(
        MOST,
        MOST_CHARACTERS,
        ({ RequestBody = '', ResponseBody = '' }) => 200 + RequestBody.length + ResponseBody.length,
      ),
    [],
  );
  const [version, setVersion] = useState(0);
  const [dropped, setDropped] = useState(0);
  const [failure, setFailure] = useState<EndpointError>();
  const [from, setFrom] = useState('');
  const [search, setSearch] = useState('');

  useEffect(() => {
    const ended = new AbortController();
    void follow(
      plugin,
      ended.signal,
      ({ Entries, Dropped }) => {
        // An exchange that was in progress comes again when it has ended.
        ring.put(Entries.map((entry) => ({ ...entry, id: entry.Id })));
        setVersion((before) => before + 1);
        setDropped((before) => before + Dropped);
        setFailure(undefined);
      },
      setFailure,
    );
    return () => ended.abort();
  }, [plugin, ring]);

  const words = hasWords(search);
  const test = (entry: Seen) => {
    if (from !== '' && entry.From !== from) return false;
    if (words === undefined) return true;
    const { Method, Path, RequestBody = '', ResponseBody = '' } = entry;
    const text = `${Method} ${Path} ${RequestBody} ${ResponseBody}`;
    return words(text);
  };
  return (
    <>
      {failure && <Problem error={failure} about="The traffic cannot be read" />}
      {dropped > 0 && <p class="soft">{dropped.toLocaleString('en')} were gone before they were shown.</p>}
      <LiveList
        what="exchanges"
        ring={ring}
        version={version}
        filter={`${from} ${search}`}
        test={test}
        onClear={() => {
          ring.clear();
          setVersion(version + 1);
        }}
        row={(entry) => (
          <>
            <span class="soft">{clock(entry.Time)}</span>
            <Direction from={entry.From} />
            <span>
              {entry.Method} {entry.Path}
            </span>
            <span class="rest">{subjectOf(entry)}</span>
            <span class="soft">
              <span class={(entry.Status ?? 200) >= 400 ? 'bad' : undefined}>{entry.Status ?? 'open'}</span>{' '}
              {entry.DurationMs !== undefined && duration(entry.DurationMs)}
            </span>
          </>
        )}
        detail={(entry) => <Detail key={entry.id} entry={entry} />}
      >
        {picker}
        <label>
          From
          <select value={from} onChange={({ currentTarget }) => setFrom(currentTarget.value)}>
            <option value="">both</option>
            <option>endpoint</option>
            <option>plugin</option>
          </select>
        </label>
        <label class="grow">
          <span class="unseen">Words in path and bodies; values of secret params are masked</span>
          <input
            class="mono"
            type="search"
            placeholder="Words in path and bodies"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </label>
      </LiveList>
    </>
  );
}

/** Polls for new exchanges until `signal`. */
async function follow(
  plugin: string,
  signal: AbortSignal,
  onTraffic: (traffic: TrafficPart) => void,
  onFailure: (error: EndpointError) => void,
): Promise<void> {
  let after = 0;
  while (!signal.aborted) {
    try {
      const traffic = await ask<TrafficPart>(['plugins', plugin, 'traffic'], {
        base: INSPECTOR_API,
        query: { after, wait: WAIT_SECONDS },
        signal,
      });
      after = traffic.Next;
      if (traffic.Entries.length > 0 || traffic.Dropped > 0) onTraffic(traffic);
    } catch (error) {
      if (signal.aborted) return;
      onFailure(EndpointError.from(error));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

const subjects = new WeakMap<SocketExchange, string>();

/**
 * A summary of a request beside its path: the command of an action, the selector of an event, the text of a log line.
 */
function subjectOf(entry: SocketExchange): string {
  const known = subjects.get(entry) ?? readSubject(entry.RequestBody ?? '');
  subjects.set(entry, known);
  return known;
}

function readSubject(body: string): string {
  try {
    const { Command, Message, Type, Action, Key } = JSON.parse(body) as Record<string, unknown>;
    if (typeof Command === 'string') return Command;
    if (typeof Message === 'string') return Message.slice(0, LONGEST_SUBJECT);
    return [Type, Action, Key].every((part) => typeof part === 'string') ? `${Type}.${Action}.${Key}` : '';
  } catch {
    return '';
  }
}

function Direction({ from }: { from: SocketExchange['From'] }) {
  return (
    <span class={`direction from-${from}`}>
      <span aria-hidden="true">{from === 'endpoint' ? '→' : '←'}</span>
      <span class="unseen">from the {from}</span>
    </span>
  );
}

function Detail({ entry }: { entry: Seen }) {
  const { Method, Path, From, Status, RequestBody = '', ResponseBody = '', Cut } = entry;
  return (
    <>
      <div class="bar">
        <strong class="mono">
          {Method} {Path}
        </strong>
        <span class="soft">
          {From === 'endpoint' ? 'endpoint to plugin' : 'plugin to endpoint'}
          {Cut && '; bodies are cut'}
        </span>
      </div>
      <div class="pair">
        <div>
          <h2>Request</h2>
          {RequestBody === '' ? <p class="soft">no body</p> : <BodyText text={RequestBody} />}
        </div>
        <div>
          <h2>Answer {Status}</h2>
          {ResponseBody === '' ? (
            <p class="soft">{Status === undefined ? 'none yet' : 'no body'}</p>
          ) : (
            <BodyText text={ResponseBody} />
          )}
        </div>
      </div>
    </>
  );
}
