import { ask } from '../endpoint.ts';
import { useLoaded } from '../loaded.ts';
import { type Job, type Machine, nameOf, type RawModel } from '../objects.ts';
import { Documentation } from '../parts/documentation.tsx';
import { JsonText } from '../parts/json-text.tsx';
import { ObjectState } from '../parts/object-state.tsx';
import { Problem } from '../parts/problem.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { href } from '../route.ts';
import { WorkflowPicture } from '../workflow/picture.tsx';
import { JobLog } from './job-log.tsx';
import { MachineJobs } from './machine-jobs.tsx';
import { ObjectParams } from './object-params.tsx';

const NO_JOB = '00000000-0000-0000-0000-000000000000';

interface Part {
  name: string;
  title: string;
}

/** An object. Its parts depend on its type. */
export function ObjectView({ prefix, objectKey, part }: { prefix: string; objectKey: string; part: string }) {
  const { value: object, error } = useLoaded(
    `object ${prefix} ${objectKey}`,
    (signal) => ask<RawModel>([prefix, objectKey], { signal }),
    { changes: ({ type, key }) => type === prefix && key === objectKey },
  );
  const here = ['objects', prefix, objectKey];
  const parts = object === undefined ? [] : partsOf(prefix, object);
  const current = parts.find(({ name }) => name === part) ?? parts[0];
  const errors = Array.isArray(object?.Errors) ? object.Errors.map(String) : [];
  return (
    <>
      <p class="crumbs">
        <a href={href('objects', prefix)}>{prefix}</a>
      </p>
      <div class="head">
        <h1>{object === undefined ? objectKey : nameOf(object)}</h1>
        {object && <ObjectState object={object} />}
        <a href={href('actions', prefix, objectKey)}>Actions</a>
      </div>
      {error && <Problem error={error} about="The object could not be read" />}
      {errors.length > 0 && (
        <div class="problem">
          <p>
            <strong>What is wrong with it</strong>
          </p>
          <ul class="mono">
            {errors.map((message) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        </div>
      )}
      <Tabs
        label={`Parts of ${objectKey}`}
        tabs={parts.map(({ name, title }) => ({
          title,
          to: [...here, name],
          current: name === current?.name,
        }))}
      />
      {object && current?.name === 'params' && (
        <ObjectParams prefix={prefix} objectKey={objectKey} object={object} />
      )}
      {object && current?.name === 'workflow' && <MachineWorkflow machine={object as unknown as Machine} />}
      {object && current?.name === 'jobs' && <MachineJobs machine={objectKey} />}
      {object && current?.name === 'log' && <JobLog job={object as unknown as Job} />}
      {object && current?.name === 'about' && <About object={object} />}
      {object && current?.name === 'fields' && <JsonText value={object} />}
    </>
  );
}

function partsOf(prefix: string, object: RawModel): Part[] {
  const { Documentation: text } = object;
  return [
    ...(prefix === 'jobs' ? [{ name: 'log', title: 'Log' }] : []),
    ...('Params' in object ? [{ name: 'params', title: 'Params' }] : []),
    ...(prefix === 'machines'
      ? [
          { name: 'workflow', title: 'Workflow' },
          { name: 'jobs', title: 'Jobs' },
        ]
      : []),
    ...(typeof text === 'string' && text.trim() !== '' ? [{ name: 'about', title: 'About' }] : []),
    { name: 'fields', title: 'All fields' },
  ];
}

function About({ object }: { object: RawModel }) {
  return (
    <>
      {typeof object.Description === 'string' && <p class="soft">{object.Description}</p>}
      {typeof object.Documentation === 'string' && <Documentation text={object.Documentation} />}
    </>
  );
}

function MachineWorkflow({ machine }: { machine: Machine }) {
  const { CurrentJob, Tasks, Workflow, Stage, BootEnv, Runnable } = machine;
  const hasJob = CurrentJob !== '' && CurrentJob !== NO_JOB;
  const { value: job } = useLoaded(
    `job ${CurrentJob}`,
    hasJob ? (signal) => ask<Job>(['jobs', CurrentJob], { signal }) : undefined,
    { changes: ({ type, key }) => type === 'jobs' && key === CurrentJob },
  );
  return (
    <>
      <dl class="facts">
        <dt>Workflow</dt>
        <dd class="mono">
          {Workflow === '' ? 'none' : <a href={href('objects', 'workflows', Workflow)}>{Workflow}</a>}
        </dd>
        <dt>Stage</dt>
        <dd class="mono">{Stage}</dd>
        <dt>Boot environment</dt>
        <dd class="mono">{BootEnv}</dd>
        <dt>Runnable</dt>
        <dd>{Runnable ? 'yes' : 'no'}</dd>
        {hasJob && <dt>Current job</dt>}
        {hasJob && (
          <dd>
            <a href={href('objects', 'jobs', CurrentJob)}>{job?.Task ?? CurrentJob}</a>{' '}
            <span class="soft">{job?.State}</span>
          </dd>
        )}
      </dl>
      {(Tasks ?? []).length === 0 ? (
        <p class="empty panel">The machine has no tasks.</p>
      ) : (
        <WorkflowPicture machine={machine} job={job} />
      )}
    </>
  );
}
