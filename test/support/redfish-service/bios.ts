import { gzipSync } from 'node:zlib';
import { collection, type Endpoint, link, type Reply, ROOT } from './endpoint.ts';
import { errorBody, message } from './messages.ts';
import { isJson, type Json, type Rule, type Rules } from './rules.ts';

/** An entry of an attribute registry, as the schema AttributeRegistry has it. */
export type RegistryEntry = Json & { AttributeName: string; Type: string };

export interface BiosOptions {
  /** Values at the start. */
  attributes: Json;
  /** Without it there is no registry. */
  registry?: readonly RegistryEntry[];
  dependencies?: readonly Json[];
  /** How it is served; `gzip` is HPE's. */
  registryAs?: 'json' | 'gzip';
  /** Whether changes go to a settings object; they do unless this is false, and are in effect at once then. */
  settings?: boolean;
  /** Apply times that are told and taken; none unless given. */
  applyTimes?: readonly string[];
  /**
   * Dell's jobs: each change makes one (202, with its address), or somebody has to ask for one where it is not told when to
   * apply. Without a job nothing is applied.
   */
  jobs?: 'made by the change' | 'asked for';
  /** Attributes that are as before after a boot, and what is said of it. */
  refusesAtBoot?: Readonly<Record<string, string>>;
  /** Changes are answered with success and forgotten. */
  forgets?: boolean;
  /** The action ResetBios wants a body, and says so with this status. */
  resetWantsBody?: 400 | 415;
  /** Passwords by their names. */
  passwords?: Readonly<Record<string, string>>;
}

const REGISTRY = 'BiosAttributeRegistry.1_0_3';

/** The BIOS of a system (schemas Bios 1.2, Settings 1.3, AttributeRegistry 1.3). Changes are in effect after the next boot. */
export class BiosSettings {
  readonly attributes: Json;
  pending: Json = {};
  readonly passwords: Record<string, string>;
  /** How often the machine booted. */
  boots = 0;
  resetIsPending = false;
  readonly uri: string;
  readonly #options: BiosOptions;
  readonly #jobsUri: string | undefined;
  readonly #jobs = new Map<string, 'Scheduled' | 'Completed'>();
  #messages: Json[] = [];
  #reply: Reply | undefined;

  /** `manager`: whose jobs these are. */
  constructor(options: BiosOptions, system: string, manager: string) {
    this.#options = options;
    this.uri = `${system}/Bios`;
    this.attributes = { ...options.attributes };
    this.passwords = { ...options.passwords };
    this.#jobsUri = options.jobs === undefined ? undefined : `${manager}/Jobs`;
  }

  /** What the manager tells of the jobs. */
  get managerLinks(): Json {
    return this.#jobsUri === undefined ? {} : { Oem: { Dell: { Jobs: link(this.#jobsUri) } } };
  }

  get #hasSettings(): boolean {
    return this.#options.settings !== false;
  }

  get #jobWaits(): boolean {
    return [...this.#jobs.values()].includes('Scheduled');
  }

  /** The machine boots. */
  boot(): void {
    this.boots += 1;
    if (this.resetIsPending) {
      for (const { AttributeName, DefaultValue } of this.#options.registry ?? []) {
        if (DefaultValue !== undefined) this.attributes[AttributeName] = DefaultValue;
      }
    }
    this.resetIsPending = false;
    if (this.#options.jobs !== undefined && !this.#jobWaits) return;
    const { refusesAtBoot = {} } = this.#options;
    this.#messages = Object.keys(this.pending)
      .filter((name) => Object.hasOwn(refusesAtBoot, name))
      .map((name) => ({
        MessageId: 'Contoso.1.0.AttributeNotApplied',
        Message: refusesAtBoot[name],
        RelatedProperties: [`/Attributes/${name}`],
        MessageSeverity: 'Warning',
      }));
    for (const [name, value] of Object.entries(this.pending)) {
      if (!Object.hasOwn(refusesAtBoot, name)) this.attributes[name] = value;
    }
    this.pending = {};
    for (const id of this.#jobs.keys()) this.#jobs.set(id, 'Completed');
  }

  endpoints(): [string, Endpoint][] {
    const settings = `${this.uri}/Settings`;
    const [reset, password] = ['ResetBios', 'ChangePassword'].map(
      (name) => `${this.uri}/Actions/Bios.${name}`,
    );
    const { applyTimes, registry } = this.#options;
    const read = (): Json => ({
      '@odata.type': '#Bios.v1_2_3.Bios',
      Id: 'Bios',
      Name: 'BIOS settings',
      ...(registry === undefined ? {} : { AttributeRegistry: REGISTRY }),
      Attributes: { ...this.attributes },
      ResetBiosToDefaultsPending: this.resetIsPending,
      ...(this.#hasSettings
        ? {
            '@Redfish.Settings': {
              '@odata.type': '#Settings.v1_3_5.Settings',
              SettingsObject: link(settings),
              Time: `2026-01-02T00:00:${String(this.boots).padStart(2, '0')}Z`,
              Messages: this.#messages,
              ...(applyTimes === undefined ? {} : { SupportedApplyTimes: applyTimes }),
            },
          }
        : {}),
      Actions: {
        '#Bios.ResetBios': { target: reset },
        '#Bios.ChangePassword': { target: password },
      },
    });
    const change: Endpoint['change'] = {
      rules: () => this.#rules(),
      apply: (values) => this.#change(values),
      reply: () => this.#reply,
    };
    return [
      [this.uri, this.#hasSettings ? { read } : { read, change }],
      ...(this.#hasSettings
        ? [[settings, { read: () => this.#readSettings(), change }] satisfies [string, Endpoint]]
        : []),
      [`${reset}`, { action: this.#resetAction() }],
      [`${password}`, { action: this.#passwordAction() }],
      ...this.#registryEndpoints(),
      ...this.#jobEndpoints(settings),
    ];
  }

  #readSettings(): Json {
    return {
      '@odata.type': '#Bios.v1_2_3.Bios',
      Id: 'Settings',
      Name: 'BIOS settings to come',
      Attributes: { ...this.attributes, ...this.pending },
    };
  }

  #rules(): Rules {
    const { registry, applyTimes } = this.#options;
    const known = new Map((registry ?? []).map((entry) => [entry.AttributeName, entry]));
    const attributes = Object.entries(this.attributes).map(([name, value]) => [
      name,
      ruleFor(known.get(name), value),
    ]);
    const apply: Rules =
      applyTimes === undefined
        ? {}
        : {
            '@Redfish.SettingsApplyTime': {
              type: 'object',
              properties: { ApplyTime: { type: 'string', values: applyTimes } },
            },
          };
    return { Attributes: { type: 'object', properties: Object.fromEntries(attributes) }, ...apply };
  }

  #change(values: Json): void {
    const { Attributes, '@Redfish.SettingsApplyTime': time } = values;
    this.#reply = this.#jobWaits ? { status: 400, body: errorBody([message('ResourceInUse')]) } : undefined;
    if (this.#jobWaits || this.#options.forgets === true || !isJson(Attributes)) return;
    Object.assign(this.#hasSettings ? this.pending : this.attributes, Attributes);
    const makesJob = this.#options.jobs === 'made by the change' && time !== undefined;
    if (makesJob) this.#reply = { status: 202, headers: { location: this.#schedule() } };
  }

  #schedule(): string {
    const id = `JID_${this.#jobs.size + 1}`;
    this.#jobs.set(id, 'Scheduled');
    return `${this.#jobsUri}/${id}`;
  }

  #resetAction(): Endpoint['action'] {
    return {
      name: 'Bios.ResetBios',
      takesNoBody: this.#options.resetWantsBody === undefined,
      refusalWithoutBody: this.#options.resetWantsBody,
      rules: () => ({}),
      apply: () => {
        this.resetIsPending = true;
        return undefined;
      },
    };
  }

  #passwordAction(): Endpoint['action'] {
    const text: Rule = { type: 'string', required: true };
    return {
      name: 'Bios.ChangePassword',
      rules: () => ({ PasswordName: text, OldPassword: text, NewPassword: text }),
      apply: ({ PasswordName, OldPassword, NewPassword }) => {
        const name = String(PasswordName);
        if (this.passwords[name] !== OldPassword) {
          // As BMCs do that quote what they were told.
          const text = { ...message('AccessDenied', name), Message: `${OldPassword} is not the password.` };
          return { status: 400, body: errorBody([text]) };
        }
        this.passwords[name] = String(NewPassword);
        return undefined;
      },
    };
  }

  /** A file for each language, English not first. */
  #registryEndpoints(): [string, Endpoint][] {
    const { registry, dependencies = [], registryAs = 'json' } = this.#options;
    if (registry === undefined) return [];
    const file = `${ROOT}/Registries/${REGISTRY}`;
    const contents = (language: string) => `${ROOT}/RegistryStore/${language}/${REGISTRY}.json`;
    const served = (language: string): Endpoint => {
      const body = JSON.stringify({
        '@odata.type': '#AttributeRegistry.v1_3_8.AttributeRegistry',
        Id: REGISTRY,
        Name: 'BIOS attributes',
        Language: language,
        RegistryVersion: '1.0.3',
        OwningEntity: 'Contoso',
        RegistryEntries: {
          Attributes:
            language === 'en' ? registry : registry.map((entry) => ({ ...entry, Value: undefined })),
          Dependencies: dependencies,
        },
      });
      const reply: Reply =
        registryAs === 'gzip'
          ? { status: 200, body: gzipSync(body), headers: { 'content-encoding': 'gzip' } }
          : { status: 200, body };
      return { read: () => ({}), reply: () => reply };
    };
    return [
      [`${ROOT}/Registries`, collection('MessageRegistryFile', [`${ROOT}/Registries/Base.1.22`, file])],
      [
        `${ROOT}/Registries/Base.1.22`,
        {
          read: () =>
            registryFile('Base.1.22', [
              { Language: 'en', PublicationUri: 'https://redfish.dmtf.org/registries/Base.1.22.1.json' },
            ]),
        },
      ],
      [
        file,
        {
          read: () =>
            registryFile(
              REGISTRY,
              ['ja', 'en'].map((Language) => ({ Language, Uri: contents(Language) })),
            ),
        },
      ],
      [contents('ja'), served('ja')],
      [contents('en'), served('en')],
    ];
  }

  #jobEndpoints(settings: string): [string, Endpoint][] {
    const jobs = this.#jobsUri;
    if (jobs === undefined) return [];
    const ids = Array.from({ length: 5 }, (_, index) => `JID_${index + 1}`);
    return [
      [
        jobs,
        {
          action: {
            name: 'Jobs',
            rules: () => ({ TargetSettingsURI: { type: 'string', values: [settings], required: true } }),
            apply: () => ({ status: 200, headers: { location: this.#schedule() } }),
          },
        },
      ],
      ...ids.map((id): [string, Endpoint] => [
        `${jobs}/${id}`,
        {
          read: () => ({
            '@odata.type': '#DellJob.v1_4_0.DellJob',
            Id: id,
            Name: 'Configure: BIOS.Setup.1-1',
            JobType: 'BIOSConfiguration',
            JobState: this.#jobs.get(id) ?? 'Completed',
          }),
        },
      ]),
    ];
  }
}

/** Schema MessageRegistryFile 1.1. */
function registryFile(id: string, locations: readonly (Json & { Language: string })[]): Json {
  return {
    '@odata.type': '#MessageRegistryFile.v1_1_5.MessageRegistryFile',
    Id: id,
    Name: id,
    Languages: locations.map(({ Language }) => Language),
    Registry: id,
    Location: locations,
  };
}

function ruleFor(entry: RegistryEntry | undefined, value: unknown): Rule {
  if (entry?.ReadOnly === true) return { type: 'read-only' };
  switch (entry?.Type) {
    case 'Enumeration':
      return {
        type: 'string',
        values: ((entry.Value ?? []) as { ValueName: string }[]).map(({ ValueName }) => ValueName),
      };
    case 'Integer':
      return { type: 'number' };
    case 'Boolean':
      return { type: 'boolean' };
    case undefined:
      return {
        type: typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string',
      };
    default:
      return { type: 'string' };
  }
}
