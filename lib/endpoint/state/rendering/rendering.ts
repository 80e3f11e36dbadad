import { isIP } from 'node:net';
import { ModelError, type RawModel } from '../../../models/index.ts';
import {
  type EndpointUrls,
  type RenderedTemplate,
  type RenderSources,
  type RenderTarget,
  renderPath,
  renderTarget,
  TemplateError,
  type TemplateInfo,
  Templates,
  type TokenRequest,
} from '../../../template/index.ts';
import type { Found, Objects, Requester } from '../objects.ts';
import { templatesOf } from '../prefixes/index.ts';
import { renderingRefusal } from './refusal.ts';
import { type Secrets, TemplateParams } from './template-params.ts';

/** A step of a job (`models.JobAction`): a script or file. */
export interface JobAction {
  Name: string;
  /** Path of the file; `''` for a script to run. */
  Path: string;
  Content: string;
  Meta: Record<string, string>;
}

/** A file rendered from a template. */
export interface MadeFile {
  text: string;
  /** The file that it links to, relative to the static file server's folder. */
  link?: string | undefined;
}

export interface RenderingParts {
  objects: Objects;
  /** The endpoint's URLs for a client that reached it at `address`. */
  urls(address: string): EndpointUrls;
  info(): Record<string, unknown>;
  /** The token that a template requests; undefined when it cannot be given. */
  token(machine: Found | undefined, request: TokenRequest): string | undefined;
}

/** The context of a rendering: a machine, or an unknown machine. */
interface Scene {
  /** The endpoint's address as seen by the machine. */
  address: string;
  machine: Found | undefined;
  bootEnv: RawModel | undefined;
  stage?: RawModel | undefined;
  task?: RawModel;
  job?: RawModel;
  targetOs?: string;
}

/** How many addresses in a path are looked up. */
const MOST_WORDS = 4;

const REQUESTER: Requester = { principal: 'system', method: 'GET' };

/** Renders the templates of tasks, stages and boot environments. */
export class Rendering {
  readonly #parts: RenderingParts;
  #common: { templates: Templates; changes: number } | undefined;

  constructor(parts: RenderingParts) {
    this.#parts = parts;
  }

  /**
   * The files and scripts of a job for an operating system (`linux`), or for all. Throws ModelError 422 with all errors
   * of the task's templates. They do not contain secure params, which these templates can read.
   */
  jobActions(job: RawModel, os: string, address: string): JobAction[] {
    const { objects } = this.#parts;
    const [key, uuid] = [String(job.Task), String(job.Machine)];
    const task = objects.find('tasks', key)?.object;
    const machine = objects.find('machines', uuid);
    const missing = [
      ...(task === undefined ? [`Task ${key} does not exist`] : []),
      ...(machine === undefined ? [`Machine ${uuid} does not exist`] : []),
    ];
    if (task === undefined || machine === undefined)
      throw new ModelError(422, missing, { model: 'jobs', key: String(job.Uuid), type: 'ValidationError' });
    const target = targetOf('tasks', key, task, ({ Meta }) => isForSystem(Meta?.OS, os));
    const scene = { address, machine, task, job, targetOs: os, ...this.#surroundings(machine.object) };
    return this.#render(target, scene, 'open').map(({ Name, Path, Contents, Meta }) => ({
      Name,
      Path,
      Content: Contents,
      Meta,
    }));
  }

  /**
   * The file at `path` that the stage or boot environment of a machine, or that of unknown machines, has a template
   * for. Undefined if no template has this path. Throws ModelError 422 when rendering fails.
   */
  file(path: string, address: string): MadeFile | undefined {
    const { objects } = this.#parts;
    for (const machine of this.#machinesIn(path)) {
      const surroundings = this.#surroundings(machine.object);
      const scene = { address, machine, ...surroundings };
      for (const [prefix, object] of [
        ['stages', surroundings.stage],
        ['bootenvs', surroundings.bootEnv],
      ] as const) {
        const made = this.#fileOf(prefix, object, path, scene);
        if (made !== undefined) return made;
      }
    }
    const unknown = objects.lookup.get('bootenvs', objects.lookup.preference('unknownBootEnv'));
    return this.#fileOf('bootenvs', unknown, path, { address, machine: undefined, bootEnv: unknown });
  }

  #fileOf(
    prefix: 'stages' | 'bootenvs',
    object: RawModel | undefined,
    path: string,
    scene: Scene,
  ): MadeFile | undefined {
    if (object === undefined) return undefined;
    const sources = this.#sources(scene, 'sealed', false);
    const found = templatesOf(object).find((template) => isAt(path, template, sources));
    if (found === undefined) return undefined;
    const target = targetOf(prefix, String(object.Name), object, ({ Name }) => Name === found.Name);
    const [made] = this.#render(target, scene, 'sealed');
    return made && { text: made.Contents, link: made.Link };
  }

  /** The machines whose UUID, IP address (in either notation) or hardware address is in a path. */
  *#machinesIn(path: string): Iterable<Found> {
    const { objects } = this.#parts;
    const lower = path.toLowerCase();
    const [uuid] = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(lower) ?? [];
    const found = uuid === undefined ? undefined : objects.find('machines', uuid);
    if (found !== undefined) yield found;
    const words = [
      ...addressesIn(path).slice(0, MOST_WORDS),
      ...hardwareAddressesIn(lower).slice(0, MOST_WORDS),
    ];
    if (words.length === 0) return;
    for (const { Uuid, Address, HardwareAddrs } of objects.lookup.each('machines')) {
      const hardware = (HardwareAddrs as string[]).map((text) => text.toLowerCase().replaceAll('-', ':'));
      if (!words.some((word) => Address === word || hardware.includes(word))) continue;
      const machine = objects.find('machines', String(Uuid));
      if (machine !== undefined) yield machine;
    }
  }

  #surroundings({ BootEnv, Stage }: RawModel) {
    const { lookup } = this.#parts.objects;
    return { bootEnv: lookup.get('bootenvs', String(BootEnv)), stage: lookup.get('stages', String(Stage)) };
  }

  #render(target: RenderTarget, scene: Scene, secrets: Secrets): RenderedTemplate[] {
    const common = this.#commonTemplates();
    try {
      return renderTarget(target, common, this.#sources(scene, secrets, false));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      const masked = this.#sources(scene, secrets === 'open' ? 'masked' : secrets, true);
      throw renderingRefusal(error, () => renderTarget(target, common, masked));
    }
  }

  /** With `hides`, tokens and the machine's secret are replaced by placeholders. */
  #sources(scene: Scene, secrets: Secrets, hides: boolean): RenderSources {
    const { objects, urls, info, token } = this.#parts;
    const { address, machine, bootEnv, stage, task, job, targetOs } = scene;
    const owner = machine ?? objects.get('profiles', 'global', REQUESTER);
    const params = new TemplateParams(objects.params, owner, secrets);
    const object = machine && (hides ? { ...machine.object, Secret: '***' } : machine.object);
    return {
      ...(object && { machine: object }),
      ...(bootEnv && { bootEnv }),
      ...(stage && { stage }),
      ...(task && { task }),
      ...(job && { currentJob: job }),
      ...(targetOs && { targetOs }),
      param: (name) => params.first(name),
      composedParam: (name) => params.composed(name),
      urls: urls(address),
      token: (request) => (hides ? '***' : token(machine, request)),
      info,
    };
  }

  /** All template objects, parsed again after a change. */
  #commonTemplates(): Templates {
    const { objects } = this.#parts;
    const changes = objects.changes('templates');
    if (this.#common?.changes !== changes) {
      const templates = new Templates();
      // Always valid: templates that do not parse cannot be stored.
      for (const { ID, Contents } of objects.lookup.each('templates'))
        templates.parse(String(ID), String(Contents));
      this.#common = { templates, changes };
    }
    return this.#common.templates;
  }
}

function targetOf(
  prefix: RenderTarget['prefix'],
  key: string,
  object: RawModel,
  wanted: (template: TemplateInfo) => boolean,
): RenderTarget {
  const { RequiredParams } = object;
  return {
    prefix,
    key,
    templates: templatesOf(object),
    requiredParams: (RequiredParams ?? []) as string[],
    wanted,
  };
}

/** Whether a template makes the file at a path. One whose path cannot be rendered makes none. */
function isAt(path: string, template: TemplateInfo, sources: RenderSources): boolean {
  try {
    return renderPath(template, sources) === path;
  } catch (error) {
    if (error instanceof TemplateError) return false;
    throw error;
  }
}

/** Whether `Meta.OS` includes an operating system. */
function isForSystem(systems: string | undefined, os: string): boolean {
  if (systems === undefined || os === '') return true;
  return systems.split(',').some((system) => ['any', os].includes(system.trim()));
}

/** IPv4 addresses in a path: `192.168.124.10`, or `C0A87C0A` as PXELINUX requests it. */
function addressesIn(path: string): string[] {
  const dotted = path.match(/\d{1,3}(?:\.\d{1,3}){3}/g) ?? [];
  const hexadecimal = (path.match(/\b[0-9A-F]{8}\b/g) ?? []).map((text) =>
    [...Buffer.from(text, 'hex')].join('.'),
  );
  return [...dotted, ...hexadecimal].filter((text) => isIP(text) === 4);
}

/** MAC addresses in a path, in lower case. `01-52-54-00-12-34-56` begins with the hardware type. */
function hardwareAddressesIn(path: string): string[] {
  return (path.match(/[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,6}/g) ?? []).map((text) =>
    text.slice(-17).replaceAll('-', ':'),
  );
}
