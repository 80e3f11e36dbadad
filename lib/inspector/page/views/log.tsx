import { useEffect, useMemo, useState } from 'preact/hooks';
import {
  clearLines,
  followLog,
  LOG_LEVELS,
  type LogLine,
  lines,
  linesProblem,
  linesVersion,
  type SeenLine,
} from '../log-lines.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { JsonText } from '../parts/json-text.tsx';
import { LiveList } from '../parts/live-list.tsx';
import { clock } from '../parts/moments.ts';
import { hasWords } from '../parts/words.ts';

const BAD = new Set(['error', 'fatal', 'panic']);

/** The endpoint's log, with that of the plugins. */
export function LogView({ service: first }: { service: string }) {
  const [service, setService] = useState(first);
  const [least, setLeast] = useState<LogLine['Level']>('trace');
  const [search, setSearch] = useState('');
  useEffect(followLog, []);
  const version = linesVersion.value;
  const services = useMemo(
    () => [...new Set([...lines.items.map(({ line }) => line.Service), ...(first ? [first] : [])])].sort(),
    [version],
  );
  const words = hasWords(search);
  const from = LOG_LEVELS.indexOf(least);
  const test = ({ line }: SeenLine) => {
    if (service !== '' && line.Service !== service) return false;
    if (LOG_LEVELS.indexOf(line.Level) < from) return false;
    if (words === undefined) return true;
    const text = `${line.Message} ${line.Principal} ${JSON.stringify(line.Data)}`;
    return words(text);
  };
  return (
    <>
      {linesProblem.value !== '' && (
        <p class="bad" role="status">
          {linesProblem.value}
        </p>
      )}
      <LiveList
        what="lines"
        ring={lines}
        version={version}
        filter={`${service} ${least} ${search}`}
        test={test}
        onClear={clearLines}
        row={({ line }) => (
          <>
            <span class="soft">{clock(line.Time)}</span>
            <Level level={line.Level} />
            <span class="soft from">{line.Service}</span>
            <span class="rest">{line.Message}</span>
          </>
        )}
        detail={({ line }) => <Detail line={line} />}
      >
        <label>
          From
          <select value={service} onChange={({ currentTarget }) => setService(currentTarget.value)}>
            <option value="">any</option>
            {services.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          Level
          <select
            value={least}
            onChange={({ currentTarget }) => setLeast(currentTarget.value as LogLine['Level'])}
          >
            {LOG_LEVELS.map((level) => (
              <option key={level} value={level}>
                {level === 'trace' ? 'any' : level === 'audit' ? level : `${level} and above`}
              </option>
            ))}
          </select>
        </label>
        <label class="grow">
          <span class="unseen">Words in the line</span>
          <input
            class="mono"
            type="search"
            placeholder="Words"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </label>
      </LiveList>
    </>
  );
}

function Level({ level }: { level: LogLine['Level'] }) {
  const kind = BAD.has(level) ? 'bad' : level === 'warn' ? 'wait' : 'off';
  return <span class={`level state-${kind}`}>{level}</span>;
}

function Detail({ line }: { line: LogLine }) {
  const { Data, Message, File, Line, Principal, Level: level, Service, Group } = line;
  return (
    <>
      <div class="bar">
        <strong>
          {level} of {Service}
        </strong>
        <CopyButton label="Copy" text={() => JSON.stringify(line, null, 2)} />
        <span class="soft">
          {[File !== '' && `${File}:${Line}`, Principal, Group !== 0 && `group ${Group}`]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </div>
      <pre class="code">{Message}</pre>
      {(Data ?? []).length > 0 && <JsonText value={Data} />}
    </>
  );
}
