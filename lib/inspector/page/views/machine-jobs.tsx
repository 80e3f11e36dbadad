import { ask } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import type { Job, RawModel } from '../objects.ts';
import { clock, duration } from '../parts/moments.ts';
import { ObjectState } from '../parts/object-state.tsx';
import { Problem } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { href } from '../route.ts';

const MOST = 100;

/** The jobs of a machine, newest first. */
export function MachineJobs({ machine }: { machine: string }) {
  const jobs = useLoaded(
    `jobs of ${machine}`,
    (signal) =>
      ask<Job[]>(['jobs'], {
        query: { Machine: machine, sort: 'StartTime', reverse: true, limit: MOST },
        signal,
      }),
    { changes: ({ type }) => type === 'jobs' },
  );
  if (jobs.error) return <Problem error={jobs.error} about="The jobs could not be read" />;
  if (jobs.value === undefined) return <p class="soft">Loading</p>;
  if (jobs.value.length === 0) return <p class="empty panel">The machine has had no jobs.</p>;
  return (
    <Table
      caption="Jobs, the newest first"
      columns={[
        { title: 'Task' },
        { title: 'State' },
        { title: 'Stage' },
        { title: 'Began', class: 'wide' },
        { title: 'Took', class: 'wide number' },
      ]}
    >
      {jobs.value.map((job) => (
        <tr key={job.Uuid}>
          <th scope="row" class="mono">
            <a href={href('objects', 'jobs', job.Uuid)}>{job.Task}</a>
          </th>
          <td>
            <ObjectState object={job as unknown as RawModel} />
          </td>
          <td class="mono">{job.Stage}</td>
          <td class="wide mono">{clock(job.StartTime)}</td>
          <td class="wide mono number">{took(job)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** Unset times are in the year 1. */
function took({ StartTime, EndTime }: Job): string {
  const milliseconds = new Date(EndTime).getTime() - new Date(StartTime).getTime();
  return milliseconds >= 0 ? duration(milliseconds) : '';
}
