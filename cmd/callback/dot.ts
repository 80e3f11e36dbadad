import type { RawModel } from '../../lib/models/index.ts';
import {
  type EndpointUrls,
  field,
  type Member,
  machineOf,
  method,
  nothing,
  once,
  paramMembers,
  Structure,
  structureOf,
  URL_MEMBERS,
} from '../../lib/template/index.ts';

/** The data for the templates of a callback. */
export interface DotSources {
  machine: Readonly<RawModel> | undefined;
  object: Readonly<RawModel>;
  event: Readonly<RawModel> | undefined;
  /**
   * A param or its default; undefined when there is neither. Throws MethodError for a param that must not be visible.
   */
  param(name: string): unknown;
  /** A token, or `user:password` in base64. Throws MethodError when there is no such entry. */
  authString(name: string): string;
  info(): Readonly<RawModel>;
}

/** The dot: a part of dr-provision's, with `.Object` and `.Event` added. Unknown params are nil. */
export function dotOf(sources: DotSources): Structure {
  const { machine, object, event } = sources;
  const urls = endpointUrls(sources.info);
  const dot: Structure = new Structure(
    '*callback.RenderData',
    new Map<string, Member>([
      [
        'Machine',
        once(() => (machine === undefined ? nothing('*models.Machine') : machineOf({ machine, urls }))),
      ],
      ['Object', field('map[string]interface {}', () => object)],
      [
        'Event',
        once(() => (event === undefined ? nothing('*models.Event') : structureOf('*models.Event', event))),
      ],
      ['Info', once(() => structureOf('*models.Info', sources.info()))],
      ...paramMembers({
        value: (name) => sources.param(name) ?? null,
        exists: (name) => sources.param(name) !== undefined,
        dot: () => dot,
      }),
      ['ProvisionerAddress', method(0, 'string', () => urls.ProvisionerAddress)],
      ['ProvisionerURL', method(0, 'string', () => urls.ProvisionerURL)],
      ['ApiURL', method(0, 'string', () => urls.ApiURL)],
      ['GetAuthString', method(1, 'string', (name) => sources.authString(name))],
      ...URL_MEMBERS,
    ]),
  );
  return dot;
}

/** The endpoint's URLs, from its info. */
function endpointUrls(info: () => Readonly<RawModel>): EndpointUrls {
  const text = (name: string) => {
    const value = info()[name];
    return typeof value === 'string' ? value : '';
  };
  const address = () => text('address');
  const host = () => (address().includes(':') ? `[${address()}]` : address());
  const named = () => text('server_hostname') || host();
  const port = (name: string, usual: number) => Number(info()[name]) || usual;
  return {
    get ProvisionerAddress() {
      return address();
    },
    get ProvisionerURL() {
      return `http://${host()}:${port('file_port', 8091)}`;
    },
    get SecureProvisionerURL() {
      return `https://${host()}:${port('secure_file_port', 8090)}`;
    },
    get ApiURL() {
      return `https://${host()}:${port('api_port', 8092)}`;
    },
    get ProvisionerHostURL() {
      return `http://${named()}:${port('file_port', 8091)}`;
    },
    get SecureProvisionerHostURL() {
      return `https://${named()}:${port('secure_file_port', 8090)}`;
    },
    get ApiHostURL() {
      return `https://${named()}:${port('api_port', 8092)}`;
    },
  };
}
