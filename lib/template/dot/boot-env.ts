import { isObject } from '../../models/index.ts';
import { fromBytes } from '../bytes.ts';
import { heavy } from '../functions/define.ts';
import { clean } from '../functions/paths.ts';
import type { Structure, Work } from '../values/value.ts';
import { architecture } from './architectures.ts';
import { field, type Member, type Members, MethodError, method } from './members.ts';
import { structureOf } from './objects.ts';
import type { RenderSources } from './sources.ts';

type Model = Readonly<Record<string, unknown>>;

/** The files of a boot environment for one architecture. */
interface Boot {
  readonly name: string;
  readonly Kernel: string;
  readonly Initrds: readonly string[];
  readonly BootParams: string;
}

/** The boot environment that templates are rendered for. */
export class BootEnv {
  readonly #env: Model;
  readonly #sources: RenderSources;

  constructor(env: Model, sources: RenderSources) {
    this.#env = env;
    this.#sources = sources;
  }

  /** `.Env`. `expand` renders the kernel's parameters. */
  structure(installUrl: () => string, bootParams: (work: Work, arch?: string) => string): Structure {
    const own: Members = new Map<string, Member>([
      ['OS', field('models.OsInfo', () => this.#os())],
      ['Kernel', method(0, 'string', () => this.#boot().Kernel)],
      ['KernelFor', method(1, 'string', (arch) => this.#boot(arch).Kernel)],
      ['Initrds', method(0, '[]string', () => this.#boot().Initrds)],
      ['InitrdsFor', method(1, '[]string', (arch) => this.#boot(arch).Initrds)],
      ['PathFor', method(2, 'string', (protocol, file) => this.#url(protocol, file))],
      ['PathForArch', method(3, 'string', (protocol, file, arch) => this.#url(protocol, file, arch))],
      ['JoinInitrds', method(1, 'string', (protocol) => this.#joined(protocol))],
      ['JoinInitrdsFor', method(2, 'string', (protocol, arch) => this.#joined(protocol, arch))],
      ['InstallUrl', method(0, 'string', installUrl)],
      ['BootParams', heavy([], 'string', (work) => bootParams(work))],
      ['BootParamsFor', heavy(['string'], 'string', (work, arch) => bootParams(work, fromBytes(arch)))],
    ]);
    return structureOf('*backend.rBootEnv', this.#env, own);
  }

  /** The template of the kernel's parameters. */
  bootParams(arch?: string): string {
    return this.#boot(arch).BootParams;
  }

  /** The first initrd of the boot loader's files. */
  firstInitrd(): string | undefined {
    return this.#boot().Initrds[0]?.split('/').at(-1);
  }

  #osText(name: string): string {
    const os = this.#env.OS;
    const text = isObject(os) ? os[name] : undefined;
    return typeof text === 'string' ? text : '';
  }

  #family(): string {
    return this.#osText('Family') || (this.#osText('Name').split('-')[0] ?? '');
  }

  #version(): string {
    return this.#osText('Version') || (this.#osText('Name').split('-')[1] ?? '');
  }

  #os(): Structure {
    const own: Members = new Map<string, Member>([
      ['FamilyName', method(0, 'string', () => this.#family())],
      ['FamilyVersion', method(0, 'string', () => this.#version())],
      ['FamilyType', method(0, 'string', () => lineage(this.#family()))],
      ['VersionEq', method(1, 'bool', (other) => versionEquals(this.#version(), other))],
    ]);
    return structureOf('models.OsInfo', isObject(this.#env.OS) ? this.#env.OS : {}, own);
  }

  #machineArch(): string {
    const arch = this.#sources.machine?.Arch;
    return typeof arch === 'string' && arch !== '' ? arch : 'amd64';
  }

  /** The boot files of an architecture. A boot environment without a list of architectures is for amd64. */
  #boot(arch = this.#machineArch()): Boot {
    const os = this.#env.OS;
    const named = isObject(os) && isObject(os.SupportedArchitectures) ? os.SupportedArchitectures : {};
    const all = Object.keys(named).length > 0 ? named : { amd64: this.#env };
    const [name, found] = Object.entries(all).find(([key]) => architecture(key) === architecture(arch)) ?? [
      '',
      {},
    ];
    const { Kernel, Initrds, BootParams } = isObject(found) ? found : {};
    return {
      name,
      Kernel: typeof Kernel === 'string' ? Kernel : '',
      Initrds: Array.isArray(Initrds) ? Initrds.map(String) : [],
      BootParams: typeof BootParams === 'string' ? BootParams : '',
    };
  }

  #path(file: string, arch = this.#machineArch()): string {
    const { name } = this.#boot(arch);
    if (name === '') throw new MethodError(`Unknown arch ${arch}`);
    const folders = [this.#osText('Name')];
    if (architecture(name) !== 'amd64') folders.push(name);
    if (String(this.#env.Name).endsWith('-install')) folders.push('install');
    return clean(['', ...folders, file].join('/'));
  }

  #url(protocol: string, file: string, arch?: string): string {
    const path = this.#path(file, arch);
    if (protocol === 'tftp') return path.replace(/^\//, '');
    if (protocol === 'http') return this.#sources.urls.ProvisionerURL + path;
    throw new MethodError(`Unknown protocol ${protocol}`);
  }

  #joined(protocol: string, arch?: string): string {
    return this.#boot(arch)
      .Initrds.map((file) => this.#url(protocol, file, arch))
      .join(' ');
  }
}

function lineage(family: string): string {
  if (['centos', 'redhat', 'fedora', 'scientificlinux'].includes(family)) return 'rhel';
  return ['debian', 'ubuntu'].includes(family) ? 'debian' : family;
}

/** Whether a version equals `other` in the parts that `other` has. */
function versionEquals(version: string, other: string): boolean {
  const [mine, theirs] = [version.split('.'), other.split('.')];
  const same = (one = '', two = '') =>
    /^[+-]?\d+$/.test(one) && /^[+-]?\d+$/.test(two)
      ? BigInt(one.replace('+', '')) === BigInt(two.replace('+', ''))
      : one === two;
  return mine.length >= theirs.length && theirs.every((part, index) => same(mine[index], part));
}
