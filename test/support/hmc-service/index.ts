import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { keptCertificate } from '../kept-certificate.ts';
import { bomb, errorEntry, type JobAnswer, jobEntry, logonResponse, partitionEntry } from './answers.ts';
import { type JobRequest, Refusal, readJobRequest, readLogon } from './requests.ts';

const LOGON = '/rest/api/web/Logon';

export const PARTITION = '48EB2A9F-6028-41C6-8D2F-6A539361BB29';

/**
 * What goes wrong. `locked`: the user is locked out. `busy`, `forbidden`: answers 503 and 403. `broken`: answers 500
 * with the password. `expired`: knows no session after the logon. `html`, `bomb`, `huge`, `stateless`, `redirect`: what
 * it answers instead of a partition. `cut`: breaks off the next GET. `silent`: leaves partitions unanswered. `jobless`:
 * takes a job and tells of none. `endless`: jobs are never done. `kept`: they cannot be deleted. `slow-logon`: answers
 * the logon when told. `no-logoff`: refuses to close sessions.
 */
export type Fault =
  | 'locked'
  | 'busy'
  | 'forbidden'
  | 'broken'
  | 'expired'
  | 'html'
  | 'bomb'
  | 'huge'
  | 'stateless'
  | 'redirect'
  | 'cut'
  | 'silent'
  | 'jobless'
  | 'endless'
  | 'kept'
  | 'slow-logon'
  | 'no-logoff';

/** A request with its body. */
interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** `cut` breaks the connection off, `silence` leaves it open. */
type Reply =
  | { status: number; text?: string; headers?: Record<string, string | string[]> }
  | 'cut'
  | 'silence';

interface Job extends JobAnswer {
  request: JobRequest;
  partition: string;
}

/** For no name by which tests call it. */
const certificate = keptCertificate('hmc', (generate) =>
  generate([{ name: 'commonName', value: 'hmc.example' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'hmc.example' }] },
    ],
  }),
);

/** An HMC with its REST service over https, and partitions that can be started and stopped. */
export class HmcService implements AsyncDisposable {
  readonly username = 'hscroot';
  password = 'abc123';
  fault: Fault | undefined;
  /** How jobs end that would succeed. */
  outcome: Pick<JobAnswer, 'status' | 'result' | 'exception'> = { status: 'COMPLETED_OK' };
  /** PartitionState by UUID. */
  readonly partitions = new Map([[PARTITION, 'not activated']]);
  /** The states that partitions came to, in order. */
  readonly changes: string[] = [];
  /** `METHOD PATH`, in order. */
  readonly requests: string[] = [];
  readonly jobRequests: JobRequest[] = [];
  /** X-API-Session tokens by the value of the first cookie. */
  readonly sessions = new Map<string, string>();
  readonly jobs = new Map<string, Job>();
  logons = 0;
  readonly #server: Server;
  readonly certificate: string;
  #held: (() => void)[] = [];

  private constructor(key: string, cert: string) {
    this.certificate = cert;
    this.#server = createServer({ key, cert }, (request, response) => {
      void this.#serve(request, response);
    });
  }

  static async start(host = '127.0.0.1'): Promise<HmcService> {
    const made = await certificate;
    const hmc = new HmcService(made.key, made.cert);
    hmc.#server.listen(0, host);
    await once(hmc.#server, 'listening');
    return hmc;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get state(): string | undefined {
    return this.partitions.get(PARTITION);
  }

  /** How many requests wait for `release`. */
  get holding(): number {
    return this.#held.length;
  }

  /** Answers what `slow-logon` holds back. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const body = Buffer.concat(chunks).toString();
    this.requests.push(`${method} ${path}`);
    const reply = await this.#reply({ method, path, headers, body });
    if (reply === 'silence') return;
    if (reply === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status, { 'content-type': 'application/atom+xml', ...reply.headers });
    response.end(reply.text);
  }

  async #reply(received: Received): Promise<Reply> {
    const { method, path, headers, body } = received;
    try {
      if (path === LOGON && method === 'PUT') return await this.#logOn(received);
      const cookie = this.#sessionOf(headers);
      if (path === LOGON && method === 'DELETE') return this.#logOff(cookie);
      if (!headers.accept?.includes('application/atom+xml')) throw new Refusal(406, 'Not acceptable.');
      const [, id = '', rest = ''] =
        /^\/rest\/api\/uom\/(?:jobs|LogicalPartition)\/([^/]+)(.*)$/.exec(path) ?? [];
      if (path.includes('/jobs/')) return this.#job(method, id);
      if (path.includes('/LogicalPartition/')) return this.#partition(received, id, rest);
      throw new Refusal(404, 'No such resource.');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message } = error;
      return { status, text: errorEntry(status, path, message, body) };
    }
  }

  async #logOn({ headers, body }: Received): Promise<Reply> {
    if (headers['content-type'] !== 'application/vnd.ibm.powervm.web+xml; type=LogonRequest') {
      throw new Refusal(415, 'Unsupported media type.');
    }
    this.logons += 1;
    const { username, password } = readLogon(body);
    if (this.fault === 'busy') throw new Refusal(503, 'The console is starting.');
    if (this.fault === 'locked') throw new Refusal(401, 'The account is locked due to 3 failed logins.');
    if (username !== this.username || password !== this.password) {
      throw new Refusal(401, `Logon of ${username} with ${password} failed.`);
    }
    if (this.fault === 'slow-logon') await new Promise<void>((resolve) => this.#held.push(resolve));
    const cookie = randomUUID();
    const token = `${randomUUID()}=`;
    this.sessions.set(cookie, token);
    return {
      status: 200,
      text: logonResponse(token),
      headers: {
        'content-type': 'application/vnd.ibm.powervm.web+xml; type=LogonResponse',
        'set-cookie': [
          `JSESSIONID=${cookie}; Path=/; Secure; HttpOnly`,
          `CCFWSESSION=${token}; Path=/; Secure; HttpOnly`,
          'stale=1; Path=/; Max-Age=0',
        ],
      },
    };
  }

  #logOff(cookie: string): Reply {
    if (this.fault === 'no-logoff') throw new Refusal(500, 'Not now.');
    this.sessions.delete(cookie);
    return { status: 204 };
  }

  /** The session's cookie, provided that all that is asked for is there and right. */
  #sessionOf(headers: IncomingHttpHeaders): string {
    const cookies = new Map((headers.cookie ?? '').split('; ').map((pair) => cut(pair, '=')));
    const cookie = cookies.get('JSESSIONID') ?? '';
    const token = this.sessions.get(cookie);
    const isRight = token !== undefined && cookies.get('CCFWSESSION') === token && !cookies.has('stale');
    if (isRight && headers['x-api-session'] === token && this.fault !== 'expired') return cookie;
    throw new Refusal(401, 'No session.');
  }

  #partition(received: Received, id: string, rest: string): Reply {
    const state = this.partitions.get(id);
    if (state === undefined) throw new Refusal(404, `No LogicalPartition ${id}.`);
    if (this.fault === 'forbidden') throw new Refusal(403, 'HSCL350B The user does not have the authority.');
    if (this.fault === 'broken') throw new Refusal(500, `HSCL0001 Broken, says ${this.password}.`);
    if (this.fault === 'silent') return 'silence';
    if (received.method === 'GET' && rest === '') return this.#read(id, state);
    if (received.method === 'PUT' && rest.startsWith('/do/'))
      return this.#start(received, id, cut(rest.slice(1), '/')[1]);
    throw new Refusal(405, 'No such operation.');
  }

  #read(id: string, state: string): Reply {
    const found = (text: string) => ({ status: 200, text });
    switch (this.fault) {
      case 'cut':
        this.fault = undefined;
        return 'cut';
      case 'redirect':
        return { status: 302, headers: { location: 'https://127.0.0.2:1/' } };
      case 'html':
        return found('<html><body><br>Welcome</body></html>');
      case 'bomb':
        return found(bomb());
      case 'huge':
        return found(partitionEntry(id, 'running '.repeat(2_000_000)));
      case 'stateless':
        return found(partitionEntry(id, ''));
      default:
        return found(partitionEntry(id, state));
    }
  }

  #start({ headers, body }: Received, id: string, operation: string): Reply {
    if (headers['content-type'] !== 'application/vnd.ibm.powervm.web+xml; type=JobRequest') {
      throw new Refusal(415, 'Unsupported media type.');
    }
    const request = readJobRequest(body);
    if (request.operation !== operation || request.group !== 'LogicalPartition') {
      throw new Refusal(400, 'Not what the path says.');
    }
    this.jobRequests.push(request);
    const job: Job = {
      id: String(1_622_235_308_406 + this.jobRequests.length),
      path: `LogicalPartition/${id}/do/${operation}`,
      operation,
      status: 'NOT_STARTED',
      request,
      partition: id,
    };
    if (this.fault === 'jobless') return { status: 200, text: partitionEntry(id, 'running') };
    this.jobs.set(job.id, job);
    return { status: 200, text: jobEntry(job) };
  }

  /** A job runs from the first time that it is asked for, and is done at the second. */
  #job(method: string, id: string): Reply {
    const job = this.jobs.get(id);
    if (job === undefined) throw new Refusal(404, `No job ${id}.`);
    if (method === 'DELETE') {
      if (job.status === 'RUNNING' || this.fault === 'kept') throw new Refusal(400, 'The job stays.');
      this.jobs.delete(id);
      return { status: 204 };
    }
    if (job.status === 'NOT_STARTED') job.status = 'RUNNING';
    else if (job.status === 'RUNNING' && this.fault !== 'endless') this.#finish(job);
    return { status: 200, text: jobEntry(job) };
  }

  #finish(job: Job): void {
    const { partition, request } = job;
    const isOff = this.partitions.get(partition) === 'not activated';
    const isOn = request.operation === 'PowerOn';
    Object.assign(job, this.outcome);
    if (this.outcome.status !== 'COMPLETED_OK') return;
    if (isOn && !isOff) Object.assign(job, failed('HSCL3681 The partition is activated already.'));
    else if (!isOn && isOff) Object.assign(job, failed('HSCL1558 The partition is not activated.'));
    else if (isOn) this.#become(partition, 'running');
    else
      this.#become(partition, 'not activated', ...(request.parameters.restart === 'true' ? ['running'] : []));
  }

  #become(partition: string, ...states: string[]): void {
    this.partitions.set(partition, states.at(-1) ?? '');
    this.changes.push(...states);
  }
}

function failed(result: string): Pick<JobAnswer, 'status' | 'result'> {
  return { status: 'COMPLETED_WITH_ERROR', result };
}

function cut(text: string, mark: string): [string, string] {
  const index = text.indexOf(mark);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + mark.length)];
}
