import type { Received, Reply } from './endpoint.ts';
import { errorBody, type Message } from './messages.ts';
import type { Traits } from './options.ts';
import { isJson, type Json } from './rules.ts';
import { SESSIONS } from './sessions.ts';
import type { System } from './system.ts';

const SYS518: Message = {
  MessageId: 'IDRAC.2.8.SYS518',
  Message: 'There is nothing to show now: the sources of the data are away.',
  MessageArgs: [],
  MessageSeverity: 'Informational',
  Resolution: 'Wait for them.',
};
const IN_POST: Message = {
  MessageId: 'iLO.2.37.UnableToModifyDuringSystemPOST',
  Message: '',
  MessageArgs: ['BootSourceOverrideTarget'],
  MessageSeverity: 'Warning',
  Resolution: '',
};

const BOOT_JOB = '/redfish/v1/Managers/iDRAC.Embedded.1/Jobs/JID_1';

/** The service, as traits see it. */
interface Subject {
  readonly systems: readonly System[];
  readonly sessions: { forget(): void };
}

/** The traits of one service, with how often each has been shown. */
export class TraitsAtWork {
  readonly #traits: Traits;
  readonly #subject: Subject;
  readonly #shown = new Map<string, number>();
  #wasReset = false;

  constructor(traits: Traits, subject: Subject) {
    this.#traits = traits;
    this.#subject = subject;
  }

  /** An answer in place of the service's own; undefined: none. `cut`: the end of the connection. */
  before(request: Received): Reply | 'cut' | undefined {
    const { method, uri } = request;
    if (method === 'POST' && uri === SESSIONS) return this.#login();
    if (method === 'GET') return this.#get(uri);
    if (method === 'POST' && uri.endsWith('.Reset')) return this.#reset(request.json);
    return method === 'PATCH' ? this.#patch(request) : undefined;
  }

  /** The answer as the client gets it. `cut`: it does not. */
  after({ method, uri, headers, json }: Received, reply: Reply): Reply | 'cut' {
    const { keepsBoot, ownHostName, bytes, losesResets, rootAfterLogin, dropsSessions } = this.#traits;
    if (method === 'POST' && uri.endsWith('.Reset') && reply.status < 300) {
      this.#wasReset = true;
      if (dropsSessions === true) this.#subject.sessions.forget();
      if (losesResets?.done === true && this.#isDue('lost', losesResets.times)) return 'cut';
    }
    if (method === 'PATCH' && keepsBoot !== undefined && hasBoot(json)) {
      for (const { boot } of this.#subject.systems) Object.assign(boot, keepsBoot);
    }
    let answer = reply;
    const location = answer.headers?.location;
    if (ownHostName !== undefined && location !== undefined) {
      answer = { ...answer, headers: { ...answer.headers, location: `https://${ownHostName}${location}` } };
    }
    if (rootAfterLogin === true && uri === '/redfish/v1/' && headers['x-auth-token'] === undefined) {
      answer = { status: 200, body: { RedfishVersion: '1.20.0' } };
    }
    return method === 'GET' && bytes !== undefined
      ? { ...answer, body: disguised(answer.body, bytes) }
      : answer;
  }

  #login(): Reply | undefined {
    const { loginLater, afterReset } = this.#traits;
    if (loginLater !== undefined && this.#isDue('login', loginLater.times)) {
      return { status: loginLater.status, body: loginLater.body };
    }
    if (afterReset === 'refused login' && this.#wasReset && this.#isDue('refused', this.#times)) {
      return { status: 401, body: errorBody([]) };
    }
    return undefined;
  }

  #get(uri: string): Reply | 'cut' | undefined {
    const { broken = {}, afterReset, when = 'after reset' } = this.#traits;
    if (uri === BOOT_JOB) {
      return {
        status: 200,
        body: { '@odata.id': uri, '@odata.type': '#DellJob.v1.DellJob', Id: 'JID_1', JobState: 'Scheduled' },
      };
    }
    const end = Object.keys(broken).find((part) => uri.endsWith(part));
    if (end !== undefined) return { status: broken[end] ?? 500, body: errorBody([]) };
    const system = this.#subject.systems.find((other) => other.uri === uri);
    if (system === undefined || afterReset === undefined) return undefined;
    if ((when === 'after reset' && !this.#wasReset) || !this.#isDue('later', this.#times)) return undefined;
    switch (afterReset) {
      case 'SYS518':
        return { status: 503, body: errorBody([SYS518]), headers: { 'retry-after': '30' } };
      case 'cut':
        return 'cut';
      case 'empty body':
        return { status: 200 };
      case 'internal error':
        return { status: 500, body: errorBody([]) };
      case 'null state':
        return { status: 200, body: system.described({ PowerState: null }) };
      case 'no state':
        return { status: 200, body: system.described({ PowerState: undefined }) };
      default:
        return undefined;
    }
  }

  #reset(json: unknown): Reply | 'cut' | undefined {
    const { refusesResets = [], losesResets } = this.#traits;
    const type = isJson(json) ? String(json.ResetType) : '';
    if (refusesResets.includes(type)) {
      return {
        status: 400,
        body: errorBody([{ ...IN_POST, MessageId: 'Base.1.12.ActionParameterNotSupported' }]),
      };
    }
    return losesResets?.done === false && this.#isDue('lost', losesResets.times) ? 'cut' : undefined;
  }

  #patch({ uri, json, headers }: Received): Reply | undefined {
    if (this.#traits.secureBootJob === true && uri.endsWith('/SecureBoot')) {
      return { status: 202, headers: { location: BOOT_JOB } };
    }
    const { inPost = 0, forgetsBoot, forgetsBootWithoutEtag, withoutMode } = this.#traits;
    if (!hasBoot(json)) return undefined;
    const system = this.#subject.systems.find((other) => uri.startsWith(other.uri));
    if (this.#traits.bootJob !== undefined && 'BootOrder' in json.Boot && system !== undefined) {
      system.pendingBoot = json.Boot;
      return { status: this.#traits.bootJob, headers: { location: BOOT_JOB } };
    }
    if (this.#isDue('post', inPost)) return { status: 400, body: errorBody([IN_POST]) };
    if (forgetsBoot === 'everywhere' || (forgetsBoot === 'system' && !uri.endsWith('/Settings'))) {
      return { status: 204 };
    }
    if (forgetsBootWithoutEtag === true && headers['if-match'] === undefined) return { status: 204 };
    if (withoutMode === undefined || 'BootSourceOverrideMode' in json.Boot) return undefined;
    if (withoutMode === 'refused') {
      return {
        status: 400,
        body: errorBody([
          { ...IN_POST, MessageId: 'Base.1.5.PropertyMissing', Message: 'A mode is needed.' },
        ]),
      };
    }
    for (const { boot } of this.#subject.systems) boot.BootSourceOverrideMode = withoutMode;
    return undefined;
  }

  get #times(): number {
    return this.#traits.times ?? 2;
  }

  #isDue(what: string, times: number): boolean {
    const shown = this.#shown.get(what) ?? 0;
    this.#shown.set(what, shown + 1);
    return shown < times;
  }
}

function hasBoot(json: unknown): json is { Boot: Json } {
  return isJson(json) && isJson(json.Boot);
}

function disguised(body: unknown, bytes: NonNullable<Traits['bytes']>): unknown {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? String(body) : JSON.stringify(body);
  switch (bytes) {
    case 'byte order mark':
      return `\uFEFF${text}`;
    case 'NUL at the end':
      return `${text}\0\0`;
    case 'UTF-16':
      return Buffer.from(`\uFEFF${text}`, 'utf16le');
    case 'second document':
      return `${text}\n{"error":{"code":"Base.1.0.GeneralError"}}`;
    case 'error before the resource':
      return `{"error":{"code":"Base.1.0.GeneralError","message":"No licence for {this}."}}\n${text}`;
  }
}
