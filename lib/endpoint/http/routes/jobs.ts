import { createReadStream } from 'node:fs';
import { isObject, ModelError, UUID } from '../../../models/index.ts';
import { allows } from '../../state/claims.ts';
import { purgeJobs, readRetention } from '../../state/jobs/purge-jobs.ts';
import type { Found } from '../../state/objects.ts';
import {
  type Answer,
  addressReached,
  type Exchange,
  keyOf,
  type Route,
  readJson,
  requesterOf,
} from '../exchange.ts';
import type { Parts } from '../parts.ts';

/** Routes for agents that run jobs, besides reading and changing them like other objects. */
export function jobRoutes(parts: Parts): Route[] {
  const { objects, jobs, jobLogs, rendering } = parts;
  const get = (exchange: Exchange) => objects.get('jobs', keyOf(exchange), requesterOf(exchange));
  return [
    {
      method: 'POST',
      path: 'jobs',
      async handle(exchange) {
        const body = (await readJson(exchange)) ?? {};
        const asked = readAsked(body);
        // The machine of the new job is in the body, so the router cannot check the claims.
        assertMay(exchange, 'create', asked.Machine);
        const { status, job } = await jobs.next(asked, requesterOf(exchange));
        if (job === undefined) return { status };
        return { status, json: withToken(parts, job) };
      },
    },
    {
      method: 'DELETE',
      path: 'jobs',
      handle(exchange) {
        // Purging may concern all machines.
        assertMay(exchange, 'delete', '*');
        const { query } = exchange;
        const retention = readRetention((name) => query.get(name), objects);
        return {
          json: purgeJobs(objects, retention, requesterOf(exchange), query.get('dryrun') === 'true'),
        };
      },
    },
    {
      method: 'GET',
      path: 'jobs/:key/actions',
      handle(exchange) {
        const { object } = get(exchange);
        const os = exchange.query.get('os') ?? '';
        return { json: rendering.jobActions(object, os, addressReached(exchange)) };
      },
    },
    {
      method: 'GET',
      path: 'jobs/:key/log',
      async handle(exchange) {
        const { path, size } = await jobLogs.file(get(exchange).key);
        return logAnswer(path, size);
      },
    },
    {
      method: 'PUT',
      path: 'jobs/:key/log',
      async handle(exchange) {
        const { key } = get(exchange);
        const type = exchange.request.headers['content-type'] ?? '';
        if (!/^application\/octet-stream\b/i.test(type))
          throw new ModelError(415, `expected content type application/octet-stream, not ${type}`, {
            model: 'jobs',
            key,
            type: 'PUT',
          });
        const body = exchange.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
        for await (const chunk of body) jobLogs.add(get(exchange).key, chunk);
        return { status: 204 };
      },
    },
  ];
}

/** Throws ModelError 403 when the client's token does not allow this action for jobs of a machine. */
function assertMay({ claims, method }: Exchange, action: string, machine: string): void {
  if (claims === undefined || allows(claims, { scope: 'jobs', action, key: machine })) return;
  throw new ModelError(403, `This token is not good for ${action} of jobs`, {
    model: 'jobs',
    key: machine,
    type: method,
  });
}

function readAsked(body: unknown) {
  const refuse = (problem: string) => new ModelError(400, problem, { model: 'jobs', type: 'POST' });
  if (!isObject(body)) throw refuse('expected an object');
  const { Machine, Context = '', Uuid = '' } = body;
  if (Machine === undefined || Machine === null || Machine === '')
    throw refuse('Create request must have Machine field');
  if (typeof Machine !== 'string') throw refuse('Machine: expected text');
  if (!UUID.test(Machine)) throw refuse(`Machine: expected a UUID, not ${JSON.stringify(Machine)}`);
  if (Context !== null && typeof Context !== 'string') throw refuse('Context: expected text');
  if (Uuid !== null && typeof Uuid !== 'string') throw refuse('Uuid: expected text');
  return { Machine: Machine.toLowerCase(), Context: Context ?? '', Uuid: Uuid ?? '' };
}

/** The job, with a token if its task has more rights than the machine. */
function withToken({ machineTokens }: Parts, { object }: Found) {
  const Token = machineTokens.ofJob(object);
  return Token === undefined ? object : { ...object, Token };
}

/** The log up to its current size; it may grow during the answer. */
function logAnswer(path: string, size: number): Answer {
  return {
    headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': `${size}` },
    body: createReadStream(path, { end: size - 1 }),
  };
}
