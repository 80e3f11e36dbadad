import type { Endpoint } from './endpoint.ts';
import { errorBody, type Message, message } from './messages.ts';
import type { DriveOptions } from './options.ts';
import type { Json, Rules } from './rules.ts';

const PROTOCOLS = ['CIFS', 'FTP', 'SFTP', 'HTTP', 'HTTPS', 'NFS', 'SCP', 'TFTP', 'OEM'];

/** A virtual drive (schema VirtualMedia 1.6): media is put in and taken out by its actions, or by PATCH. */
export class Drive {
  readonly uri: string;
  image: string | null;
  inserted: boolean;
  writeProtected: boolean | null = null;
  /** HPE: Oem.Hpe.BootOnNextServerReset. */
  bootsNext = false;
  readonly #options: DriveOptions;
  readonly #vendor: string | undefined;
  #isStuck: boolean;
  #toLose: number;

  constructor(options: DriveOptions, collection: string, vendor: string | undefined) {
    this.#options = options;
    this.#vendor = vendor;
    this.uri = `${collection}/${options.id}`;
    this.image = options.image ?? null;
    this.inserted = options.image !== undefined;
    this.#isStuck = options.stuck === true;
    this.#toLose = options.losesMedia ?? 0;
  }

  get isOptical(): boolean {
    const { mediaTypes = ['CD'] } = this.#options;
    return mediaTypes.some((type) => type === 'CD' || type === 'DVD');
  }

  endpoints(): [string, Endpoint][] {
    const { change = 'action' } = this.#options;
    const endpoints: [string, Endpoint][] = [
      [
        this.uri,
        {
          read: () => this.#read(),
          change: { rules: () => this.#rules(), apply: (values) => this.#change(values) },
        },
      ],
    ];
    if (change === 'action') {
      endpoints.push(
        [`${this.uri}/InsertMediaActionInfo`, { read: () => this.#actionInfo() }],
        [
          this.#target('Insert'),
          {
            action: {
              name: 'VirtualMedia.InsertMedia',
              refusal: (problems: Message[]) => this.#refusal(problems),
              rules: () => this.#parameters(),
              apply: (values) => this.#insert(values),
            },
          },
        ],
        [
          this.#target('Eject'),
          { action: { name: 'VirtualMedia.EjectMedia', rules: () => ({}), apply: () => this.#eject() } },
        ],
      );
    }
    return endpoints;
  }

  /** What is said of parameters that are missing or not known. */
  #refusal(problems: Message[]) {
    const { says = 'registry', refusal = 400 } = this.#options;
    const words = problems.map((problem) => ({ ...problem, MessageId: '', MessageArgs: [] }));
    if (says === 'nothing') return { status: refusal };
    return { status: refusal, body: errorBody(says === 'words' ? words : problems) };
  }

  #target(verb: 'Insert' | 'Eject'): string {
    return `${this.uri}/Actions/VirtualMedia.${verb}Media`;
  }

  #read(): Json {
    const {
      id,
      mediaTypes,
      change = 'action',
      actionInfo = false,
      actionsByState,
      tellsImage,
    } = this.#options;
    const info = actionInfo ? { '@Redfish.ActionInfo': `${this.uri}/InsertMediaActionInfo` } : {};
    const isFull = this.inserted || this.#isStuck;
    const actions = {
      ...(actionsByState && isFull
        ? {}
        : { '#VirtualMedia.InsertMedia': { target: this.#target('Insert'), ...info } }),
      ...(actionsByState && !isFull ? {} : { '#VirtualMedia.EjectMedia': { target: this.#target('Eject') } }),
    };
    const fileName = this.image?.split('/').at(-1) ?? null;
    const image = tellsImage === undefined ? this.image : tellsImage === 'file name' ? fileName : '';
    return {
      '@odata.type': '#VirtualMedia.v1_6_5.VirtualMedia',
      Id: id,
      Name: `Virtual ${id}`,
      ...(mediaTypes === undefined ? {} : { MediaTypes: mediaTypes }),
      Image: image,
      ImageName: tellsImage === 'nothing' ? '' : fileName,
      ConnectedVia: this.inserted ? 'URI' : 'NotConnected',
      Inserted: this.inserted,
      WriteProtected: this.writeProtected,
      ...(change === 'action' ? { Actions: actions } : {}),
      ...(this.#vendor === 'HPE' ? { Oem: { Hpe: { BootOnNextServerReset: this.bootsNext } } } : {}),
    };
  }

  #rules(): Rules {
    const rest: Rules = {
      MediaTypes: { type: 'read-only' },
      ConnectedVia: { type: 'read-only' },
      ...(this.#vendor === 'HPE'
        ? {
            Oem: {
              type: 'object',
              properties: {
                Hpe: { type: 'object', properties: { BootOnNextServerReset: { type: 'boolean' } } },
              },
            },
          }
        : {}),
    };
    if (this.#options.change !== 'patch') {
      return { Image: { type: 'read-only' }, Inserted: { type: 'read-only' }, ...rest };
    }
    return {
      Image: { type: 'string', nullable: true },
      Inserted: { type: 'boolean', nullable: true },
      WriteProtected: { type: 'boolean', nullable: true },
      ...rest,
    };
  }

  #parameters(): Rules {
    const required = new Set(['Image', ...(this.#options.requires ?? [])]);
    const rules: Rules = {
      Image: { type: 'string' },
      Inserted: { type: 'boolean' },
      WriteProtected: { type: 'boolean' },
      TransferMethod: { type: 'string', values: ['Stream', 'Upload'] },
      TransferProtocolType: { type: 'string', values: PROTOCOLS },
      UserName: { type: 'string' },
      Password: { type: 'string' },
    };
    return Object.fromEntries(
      Object.entries(rules).map(([name, rule]) => [name, { ...rule, required: required.has(name) }]),
    );
  }

  #actionInfo(): Json {
    const Parameters = Object.entries(this.#parameters()).map(([Name, rule]) => ({
      Name,
      DataType: rule.type === 'boolean' ? 'Boolean' : 'String',
      Required: 'required' in rule && rule.required,
    }));
    return {
      '@odata.type': '#ActionInfo.v1_5_0.ActionInfo',
      Id: 'InsertMediaActionInfo',
      Name: 'Insert',
      Parameters,
    };
  }

  /** The schema: should be refused while there is an image; Inserted and WriteProtected are true unless given. */
  #insert({ Image, Inserted = true, WriteProtected = true }: Json) {
    if (this.#isStuck) {
      return {
        status: 500,
        body: errorBody([
          { ...message('InternalError'), Message: 'The media is already connected. Eject it first.' },
        ]),
      };
    }
    if (this.#toLose > 0) {
      this.#toLose -= 1;
      return undefined;
    }
    if (this.image !== null) return { status: 400, body: errorBody([message('ResourceInUse')]) };
    this.image = String(Image);
    this.inserted = Inserted === true;
    this.writeProtected = WriteProtected === true;
    return undefined;
  }

  /** The schema: Inserted becomes false, and the image's name is cleared. */
  #eject() {
    if (this.#options.refusesEmptyEject === true && this.image === null && !this.#isStuck) {
      return { status: 400, body: errorBody([message('ActionParameterUnknown', 'EjectMedia', 'nothing')]) };
    }
    this.#isStuck = false;
    this.image = null;
    this.inserted = false;
    return undefined;
  }

  #change(values: Json): void {
    if ('Image' in values) this.image = values.Image === null ? null : String(values.Image);
    this.inserted = this.image !== null && (values.Inserted ?? this.inserted) === true;
    if (typeof values.WriteProtected === 'boolean') this.writeProtected = values.WriteProtected;
    const hpe = (values.Oem as { Hpe?: Json } | undefined)?.Hpe;
    if (hpe !== undefined) this.bootsNext = hpe.BootOnNextServerReset === true;
  }
}
