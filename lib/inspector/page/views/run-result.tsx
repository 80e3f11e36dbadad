import { useEffect, useRef, useState } from 'preact/hooks';
import { CopyButton } from '../parts/copy-button.tsx';
import { BodyText } from '../parts/json-text.tsx';
import { clock, duration } from '../parts/moments.ts';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { asCurl, asDrpcli, asDrpkit } from '../run/command-lines.ts';
import { type Run, runs, shownRun } from '../run/runs.ts';

const TICK_MS = 100;

/** The selected run, and all runs of the session. */
export function Runs({ onAgain }: { onAgain: (run: Run) => void }) {
  const all = runs.value;
  const shown = all.find(({ id }) => id === shownRun.value) ?? all[0];
  if (shown === undefined) return null;
  return (
    <>
      <Result key={shown.id} run={shown} onAgain={() => onAgain(shown)} />
      <section aria-labelledby="history">
        <h2 id="history">
          This session <span class="soft">{all.length}</span>
        </h2>
        <Table
          caption="Actions that were run in this session, the newest first"
          columns={[
            { title: 'Action' },
            { title: 'On' },
            { title: 'Result' },
            { title: 'Took', class: 'number' },
            { title: 'At', class: 'wide' },
          ]}
        >
          {all.map((run) => (
            <tr key={run.id} class={run.id === shown.id ? 'current' : undefined}>
              <th scope="row" class="mono">
                <button
                  type="button"
                  class="plain"
                  aria-pressed={run.id === shown.id}
                  onClick={() => {
                    shownRun.value = run.id;
                  }}
                >
                  {run.call.command}
                </button>
              </th>
              <td class="clip">{run.on}</td>
              <td>
                <Outcome run={run} />
              </td>
              <td class="number mono">{run.took === undefined ? '' : duration(run.took)}</td>
              <td class="wide mono">{clock(run.at)}</td>
            </tr>
          ))}
        </Table>
      </section>
    </>
  );
}

function Outcome({ run: { state, error } }: { run: Run }) {
  if (state === 'running') return <span class="state state-wait">running</span>;
  if (state === 'done') return <span class="state state-good">ok</span>;
  return <span class="state state-bad">{error?.json.Code || 'failed'}</span>;
}

function Result({ run, onAgain }: { run: Run; onAgain: () => void }) {
  const { call, state, took, answer = '', error } = run;
  const { origin } = location;
  const box = useRef<HTMLElement>(null);
  // Scrolls to the result, since the form may be longer than the window.
  useEffect(() => {
    if (run.state === 'running') box.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <section ref={box} class="result" aria-labelledby="result">
      <div class="head">
        <h2 id="result">
          <span class="mono">{call.command}</span> on {run.on}
        </h2>
        <span class="soft" role="status">
          {state === 'done' && took !== undefined && `ok, ${duration(took)}`}
          {state === 'failed' && took !== undefined && `failed, ${duration(took)}`}
          {state === 'running' && 'running'}
        </span>
        {state === 'running' && <Running since={run.at} onCancel={run.cancel} />}
      </div>
      {error && <Problem error={error} about={`${call.command} failed`} />}
      {error && error.body !== '' && (
        <details>
          <summary>As it was answered</summary>
          <BodyText text={error.body} />
        </details>
      )}
      {state === 'done' && <BodyText text={textIn(answer)} />}
      <div class="bar">
        <CopyButton label="Copy as drpcli" text={() => asDrpcli(call, origin)} />
        <CopyButton label="Copy as drpkit" text={() => asDrpkit(call, origin)} />
        <CopyButton label="Copy as curl" text={() => asCurl(call, origin)} />
        <button type="button" onClick={onAgain}>
          Fill in again
        </button>
      </div>
    </section>
  );
}

/** A string answer without quotes, which may have lines; otherwise the JSON. */
function textIn(answer: string): string {
  if (!answer.startsWith('"')) return answer || 'nothing';
  const value: unknown = JSON.parse(answer);
  return typeof value === 'string' ? value : answer;
}

function Running({ since, onCancel }: { since: string; onCancel: () => void }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <span class="mono soft" aria-hidden="true">
        {((now - new Date(since).getTime()) / 1000).toFixed(1)} s
      </span>
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
    </>
  );
}
