import { useLayoutEffect, useRef } from 'preact/hooks';
import { askText, EndpointError } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import type { Job } from '../objects.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { clock } from '../parts/moments.ts';
import { Problem } from '../parts/problem.tsx';
import { href } from '../route.ts';

/** Interval in ms. Growth of a log causes no event. */
const EVERY_MS = 1_000;
const MOST_SHOWN = 300_000;
const ENDED = new Set(['finished', 'failed']);

/** The growing log of a job. */
export function JobLog({ job }: { job: Job }) {
  const isOver = ENDED.has(job.State);
  const { value, error } = useLoaded(
    // The key changes at the end, to load it once more.
    `log ${job.Uuid} ${isOver}`,
    (signal) => askText(['jobs', job.Uuid, 'log'], { signal }).catch(emptyWhenMissing),
    isOver ? {} : { every: EVERY_MS },
  );
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  // Runs when there is more text.
  useLayoutEffect(() => {
    const { current } = box;
    if (current !== null && atEnd.current) current.scrollTop = current.scrollHeight;
  }, [value]);
  const text = value ?? '';
  const shown = text.slice(-MOST_SHOWN);
  return (
    <>
      <dl class="facts">
        <dt>Machine</dt>
        <dd class="mono">
          <a href={href('objects', 'machines', job.Machine, 'workflow')}>{job.Machine}</a>
        </dd>
        <dt>Task</dt>
        <dd class="mono">
          {job.Task} <span class="soft">in stage {job.Stage}</span>
        </dd>
        <dt>Began</dt>
        <dd class="mono">{clock(job.StartTime)}</dd>
      </dl>
      {error && <Problem error={error} about="The log could not be read" />}
      <div class="bar">
        <CopyButton label="Copy" text={() => text} />
        <span class="soft" role="status">
          {isOver ? `The job is ${job.State}.` : 'The log is followed while the job runs.'}
          {text.length > shown.length &&
            ` Only its last ${MOST_SHOWN.toLocaleString('en')} characters are shown.`}
        </span>
      </div>
      <pre
        ref={box}
        class="code"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
          atEnd.current = scrollTop + clientHeight >= scrollHeight - 20;
        }}
      >
        {shown || 'Nothing yet.'}
      </pre>
    </>
  );
}

/** A job without output has no log. */
function emptyWhenMissing(error: unknown): string {
  if (error instanceof EndpointError && error.json.Code === 404) return '';
  throw error;
}
