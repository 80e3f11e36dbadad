import { collection, type Endpoint, link, type Received, type Reply, ROOT } from './endpoint.ts';
import { errorBody, message } from './messages.ts';
import type { Json } from './rules.ts';

export interface UpdateOptions {
  /** Versions by Id. */
  versions: Readonly<Record<string, string>>;
  /** What an update makes of all of them, or of those that are named as targets; nothing unless given. */
  becomes?: string;
  /** How firmware gets in; by URL and by form unless given. */
  ways?: readonly ('url' | 'form' | 'bytes')[];
  protocols?: readonly string[];
  /** SimpleUpdate cannot do without TransferProtocol. */
  needsProtocol?: boolean;
  /** How often its task is looked at before it has ended. */
  looks?: number;
  ends?: 'Completed' | 'Exception' | 'Scheduled' | 'never' | 'gone';
  /** Another update is under way: a task tells so, or the answer to this one. */
  busy?: 'task' | 'answer';
  /** HPE: there is no task, and the service tells how far it is. */
  tellsState?: boolean;
  /** The BMC is away for so many requests in the middle. */
  awayFor?: number;
  /** `Disabled`: the service does not work. */
  disabled?: boolean;
}

/** An update as it came in. */
export interface Update {
  uri: string;
  parameters: Json;
  file: Buffer | undefined;
  fileName: string | undefined;
}

const BASE = `${ROOT}/UpdateService`;
const TASKS = `${ROOT}/TaskService`;

/** Firmware and its updates (schemas UpdateService 1.15, SoftwareInventory 1.11, Task 1.7). */
export class UpdateService {
  readonly updates: Update[] = [];
  readonly versions: Map<string, string>;
  /** Makes the BMC be away for so many requests. */
  goAway: (requests: number) => void = () => {};
  readonly #options: UpdateOptions;
  #looks = 0;
  #isDone = false;

  constructor(options: UpdateOptions) {
    this.#options = options;
    this.versions = new Map(Object.entries(options.versions));
  }

  get links(): Json {
    return { UpdateService: link(BASE), Tasks: link(TASKS) };
  }

  endpoints(): [string, Endpoint][] {
    const { ways = ['url', 'form'], protocols, disabled = false, needsProtocol = false } = this.#options;
    const simple = `${BASE}/Actions/UpdateService.SimpleUpdate`;
    const action = {
      target: simple,
      ...(protocols === undefined ? {} : { 'TransferProtocol@Redfish.AllowableValues': protocols }),
    };
    const read = (): Json => ({
      Id: 'UpdateService',
      ServiceEnabled: !disabled,
      ...(this.#options.tellsState ? { Oem: { Hpe: this.#hpeState() } } : {}),
      FirmwareInventory: link(`${BASE}/FirmwareInventory`),
      ...(ways.includes('form') ? { MultipartHttpPushUri: `${BASE}/upload` } : {}),
      ...(ways.includes('bytes') ? { HttpPushUri: `${BASE}/push` } : {}),
      Actions: ways.includes('url') ? { '#UpdateService.SimpleUpdate': action } : {},
    });
    const text = { type: 'string' } as const;
    const url: Endpoint = {
      action: {
        name: 'UpdateService.SimpleUpdate',
        rules: () => ({
          ImageURI: { ...text, required: true },
          TransferProtocol: { ...text, required: needsProtocol, ...(protocols && { values: protocols }) },
          Targets: { type: 'list' },
          Username: text,
          Password: text,
          '@Redfish.OperationApplyTime': { ...text, values: ['Immediate', 'OnReset'] },
        }),
        apply: (parameters) => this.#begin({ uri: simple, parameters, file: undefined, fileName: undefined }),
      },
    };
    const inventory = [...this.versions.keys()].map((id) => `${BASE}/FirmwareInventory/${id}`);
    return [
      [BASE, { read }],
      [`${BASE}/FirmwareInventory`, collection('SoftwareInventory', inventory)],
      ...[...this.versions.keys()].map((id): [string, Endpoint] => [
        `${BASE}/FirmwareInventory/${id}`,
        { read: () => ({ Id: id, Name: `The ${id}`, Version: this.versions.get(id) }) },
      ]),
      ...(ways.includes('url') ? [[simple, url] as [string, Endpoint]] : []),
      ...(ways.includes('form')
        ? [[`${BASE}/upload`, { upload: (request: Received) => this.#form(request) }] as [string, Endpoint]]
        : []),
      ...(ways.includes('bytes')
        ? [[`${BASE}/push`, { upload: (request: Received) => this.#bytes(request) }] as [string, Endpoint]]
        : []),
      [TASKS, { read: () => ({ Id: 'Tasks', Tasks: link(`${TASKS}/Tasks`) }) }],
      [`${TASKS}/Tasks`, collection('Task', this.#options.busy === 'task' ? [`${TASKS}/Tasks/other`] : [])],
      [
        `${TASKS}/Tasks/other`,
        { read: () => ({ Id: 'other', Name: 'Firmware Update Task', TaskState: 'Running' }) },
      ],
      [`${TASKS}/Tasks/update`, { read: () => this.#task(true), reply: () => this.#gone() }],
    ];
  }

  /** The parts of a form (RFC 7578; DSP0266, 12.5.2: UpdateParameters, then UpdateFile). */
  #form({ uri, headers, bytes }: Received): Reply {
    const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1];
    if (boundary === undefined) return { status: 415 };
    const text = bytes.toString('latin1');
    const parts = text.split(`--${boundary}`).slice(1, -1);
    const [parameters, file] = parts.map((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      return { head, content: Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1') };
    });
    const isRight =
      parts.length === 2 &&
      /name="UpdateParameters"\r\nContent-Type: application\/json/.test(parameters?.head ?? '') &&
      /name="UpdateFile"; filename="[^"]+"\r\nContent-Type: application\/octet-stream/.test(file?.head ?? '');
    if (!isRight) return { status: 400, body: errorBody([message('MalformedJSON')]) };
    return this.#begin({
      uri,
      parameters: JSON.parse(String(parameters?.content)),
      file: file?.content,
      fileName: /filename="([^"]+)"/.exec(file?.head ?? '')?.[1],
    });
  }

  #bytes({ uri, bytes }: Received): Reply {
    return this.#begin({ uri, parameters: {}, file: bytes, fileName: undefined });
  }

  #begin(update: Update): Reply {
    if (this.#options.busy === 'answer') {
      const MessageId = 'Update.1.0.UpdateInProgress';
      const body = {
        error: { '@Message.ExtendedInfo': [{ MessageId, Message: 'An update is in progress.' }] },
      };
      return { status: 400, body };
    }
    this.updates.push(update);
    if (this.#options.tellsState) return { status: 200, body: {} };
    return { status: 202, headers: { location: `${TASKS}/Tasks/update` }, body: this.#task(false) };
  }

  #hpeState(): Json {
    if (this.updates.length === 0) return { State: 'Idle' };
    const { TaskState: state, PercentComplete: percent } = this.#task(true);
    if (state === 'Running') return { State: 'Writing', FlashProgressPercent: percent };
    if (state === 'Completed') return { State: 'Complete' };
    return { State: 'Error', Result: { MessageId: 'iLO.2.0.ImageNotSigned' } };
  }

  #gone(): Reply | undefined {
    return this.#isDone && this.#options.ends === 'gone' ? { status: 404, body: errorBody([]) } : undefined;
  }

  #task(isLook: boolean): Json {
    const { looks = 2, ends = 'Completed', awayFor = 0 } = this.#options;
    if (isLook) this.#looks += 1;
    if (isLook && this.#looks === 1 && awayFor > 0) this.goAway(awayFor);
    const isOver = this.#looks > looks && ends !== 'never';
    if (isOver && !this.#isDone && (ends === 'Completed' || ends === 'gone')) this.#install();
    if (isOver) this.#isDone = true;
    const task = {
      '@odata.id': `${TASKS}/Tasks/update`,
      '@odata.type': '#Task.v1_7_4.Task',
      Id: 'update',
      PercentComplete: isOver ? 100 : Math.min(90, this.#looks * 30),
    };
    if (!isOver || ends === 'gone') return { ...task, TaskState: 'Running' };
    if (ends === 'Scheduled')
      return { ...task, '@odata.type': '#DellJob.v1_0_0.DellJob', JobState: 'Scheduled' };
    const Messages =
      ends === 'Exception'
        ? [{ MessageId: 'Update.1.0.VerificationFailed', Message: 'The image is not signed.' }]
        : [];
    return { ...task, TaskState: ends, Messages };
  }

  #install(): void {
    const { becomes } = this.#options;
    if (becomes === undefined) return;
    const targets = this.updates.at(-1)?.parameters.Targets;
    const named = Array.isArray(targets) ? targets.map((target) => String(target).split('/').at(-1)) : [];
    for (const id of this.versions.keys()) {
      if (named.length === 0 || named.includes(id)) this.versions.set(id, becomes);
    }
  }
}
