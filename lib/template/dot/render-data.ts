import { fromBytes, toBytes } from '../bytes.ts';
import { heavy } from '../functions/define.ts';
import type { Templates } from '../templates.ts';
import { Structure, type Value, type Work } from '../values/value.ts';
import { BootEnv } from './boot-env.ts';
import { attempt, expand, expandText } from './expand.ts';
import { hasProfile, machineOf } from './machine.ts';
import { listMethod, type Member, type Members, MethodError, method, once } from './members.ts';
import { nothing, structureOf } from './objects.ts';
import { expandedParam, paramMembers } from './param-members.ts';
import { Repositories } from './repositories.ts';
import type { EndpointUrls, RenderSources } from './sources.ts';
import { URL_MEMBERS } from './url-members.ts';

const URLS: readonly (keyof EndpointUrls)[] = [
  'ProvisionerAddress',
  'ProvisionerURL',
  'SecureProvisionerURL',
  'ApiURL',
  'ProvisionerHostURL',
  'SecureProvisionerHostURL',
  'ApiHostURL',
];
const PROFILE_TOKEN_SECONDS = 2_000_000_000;

/** The dot of dr-provision's templates (RenderData). */
export class RenderData {
  readonly dot: Structure;
  /** Path of the rendered file. For iPXE files, kernel parameters name the first initrd. */
  path = '';
  readonly #sources: RenderSources;
  readonly #templates: Templates;
  readonly #bootEnv: BootEnv | undefined;
  readonly #repositories: Repositories;

  /** `templates` are those available to `.CallTemplate`. */
  constructor(sources: RenderSources, templates: Templates) {
    this.#sources = sources;
    this.#templates = templates;
    this.#bootEnv = sources.bootEnv === undefined ? undefined : new BootEnv(sources.bootEnv, sources);
    this.#repositories = new Repositories(sources, () => this.dot);
    const members = [this.#objects(), this.#params(), this.#endpoint(), this.#rest()].flatMap((some) => [
      ...some,
    ]);
    this.dot = new Structure('*backend.RenderData', new Map(members));
  }

  #objects(): Members {
    const { machine, stage, task, currentJob, targetOs = 'linux' } = this.#sources;
    const env = this.#bootEnv;
    const installUrl = () => this.#repositories.installUrl();
    const structures: [string, () => Structure][] = [
      ['Machine', () => (machine === undefined ? nothing('*backend.rMachine') : machineOf(this.#sources))],
      [
        'Env',
        () =>
          env === undefined
            ? nothing('*backend.rBootEnv')
            : env.structure(installUrl, (work, arch) => this.#bootParams(work, arch)),
      ],
      [
        'Stage',
        () => (stage === undefined ? nothing('*backend.rStage') : structureOf('*backend.rStage', stage)),
      ],
      [
        'Task',
        () =>
          task === undefined
            ? nothing('*backend.rTask')
            : structureOf(
                '*backend.rTask',
                task,
                new Map([['TargetOS', method(0, 'string', () => targetOs)]]),
              ),
      ],
      [
        'CurrentJob',
        () => (currentJob === undefined ? nothing('*models.Job') : structureOf('*models.Job', currentJob)),
      ],
      ['Info', () => structureOf('*models.Info', this.#sources.info())],
    ];
    return new Map(structures.map(([name, make]) => [name, once(make)]));
  }

  #params(): Members {
    const composed = (key: string) => this.#found(key, this.#sources.composedParam(key));
    return new Map<string, Member>([
      ...paramMembers({
        value: (key) => this.#param(key),
        exists: (key) => this.#sources.param(key) !== undefined,
        dot: () => this.dot,
      }),
      ['ComposeParam', method(1, 'interface {}', composed)],
      ['ParamCompose', method(1, 'interface {}', composed)],
      ['ParamComposeExpand', expandedParam(composed, () => this.dot)],
      [
        'StringExpand',
        heavy(['string'], 'string', (work, text) => expandText(work, text, this.dot, 'string')),
      ],
      [
        'ObjectExpand',
        heavy(['interface {}'], 'interface {}', (work, value) => expand(work, value, this.dot, 'object')),
      ],
    ]);
  }

  #param(key: string): unknown {
    return this.#found(key, this.#sources.param(key));
  }

  #found(key: string, value: unknown): unknown {
    if (value === undefined) throw new MethodError(`No such machine parameter ${key}`);
    return value;
  }

  #endpoint(): Members {
    const { machine } = this.#sources;
    const urls = URLS.map((name) => [name, method(0, 'string', () => this.#sources.urls[name])] as const);
    const token = machine === undefined ? ({ kind: 'unknown' } as const) : ({ kind: 'known' } as const);
    return new Map<string, Member>([
      ...urls,
      ['GenerateToken', method(0, 'string', () => this.#sources.token(token))],
      [
        'GenerateInfiniteToken',
        method(0, 'string', () => (machine === undefined ? '' : this.#sources.token({ kind: 'infinite' }))),
      ],
      [
        'GenerateProfileToken',
        heavy(['string', 'int'], 'string', (_work, profile, seconds) =>
          toBytes(this.#profileToken(fromBytes(profile), seconds)),
        ),
      ],
    ]);
  }

  /** The token for a profile. Without a token, a text with the reason takes its place. */
  #profileToken(profile: string, asked: number): string {
    const { machine } = this.#sources;
    if (machine === undefined) return 'UnknownMachineTokenNotAllowed';
    if (!hasProfile(machine, profile)) return 'InvalidTokenNotAllowedNotOnMachine';
    const seconds = asked > 0 ? asked : PROFILE_TOKEN_SECONDS;
    return this.#sources.token({ kind: 'profile', profile, seconds }) ?? 'InvalidTokenNotAllowedNoProfile';
  }

  #rest(): Members {
    return new Map<string, Member>([
      ['BootParams', heavy([], 'string', (work) => this.#bootParams(work))],
      ['BootParamsFor', heavy(['string'], 'string', (work, arch) => this.#bootParams(work, fromBytes(arch)))],
      ...URL_MEMBERS,
      [
        'CallTemplate',
        heavy(['string', 'interface {}'], 'interface {}', (work, name, data) => this.#call(work, name, data)),
      ],
      ['Repos', listMethod('[]*backend.Repo', (tags) => this.#repositories.withTags(tags))],
      ['MachineRepos', method(0, '[]*backend.Repo', () => this.#repositories.ofMachine())],
      ['InstallRepos', method(0, '[]*backend.Repo', () => this.#repositories.forInstallation())],
    ]);
  }

  #bootParams(work: Work, arch?: string): string {
    if (this.#bootEnv === undefined) throw new MethodError('Missing bootenv');
    const template = toBytes(this.#bootEnv.bootParams(arch));
    const text = expandText(work, template, this.dot, 'boot parameter template');
    const initrd = this.path.endsWith('.ipxe') ? this.#bootEnv.firstInitrd() : undefined;
    return initrd === undefined ? text : `initrd=${toBytes(initrd)} ${text}`;
  }

  #call(work: Work, name: string, data: Value): string {
    if (!this.#templates.has(fromBytes(name))) throw new MethodError(`Missing template: ${fromBytes(name)}`);
    return attempt(`template ${fromBytes(name)}`, () => this.#templates.renderBytes(name, data, work));
  }
}
