import { isObject } from '../../models/index.ts';
import { toBytes } from '../bytes.ts';
import { parseUrl } from '../functions/url.ts';
import { List, Structure } from '../values/value.ts';
import { architecture } from './architectures.ts';
import { field, type Member, type Members, MethodError, method } from './members.ts';
import type { RenderSources } from './sources.ts';

type Style = 'yum' | 'zypp' | 'apt' | 'unknown';

/** An entry of the param `package-repositories`. */
interface Repository {
  readonly tag: string;
  readonly os: readonly string[];
  readonly arch: string;
  readonly url: string;
  readonly packageType: string;
  readonly repoType: string;
  readonly installSource: boolean;
  readonly securitySource: boolean;
  readonly distribution: string;
  readonly bootloc: string;
  readonly components: readonly string[];
}

const STYLES: Readonly<Record<string, Style>> = {
  redhat: 'yum',
  rhel: 'yum',
  centos: 'yum',
  scientificlinux: 'yum',
  suse: 'zypp',
  sles: 'zypp',
  opensuse: 'zypp',
  debian: 'apt',
  ubuntu: 'apt',
};

/** The package repositories for a template: `.Repos`, `.MachineRepos` and `.InstallRepos`. */
export class Repositories {
  readonly #sources: RenderSources;
  readonly #dot: () => Structure;

  constructor(sources: RenderSources, dot: () => Structure) {
    this.#sources = sources;
    this.#dot = dot;
  }

  withTags(tags: readonly string[]): List {
    return this.#list(
      this.#all().filter(({ tag }) => tags.includes(tag)),
      '',
    );
  }

  ofMachine(): List {
    return this.#list(this.#forMachine(), this.#os());
  }

  forInstallation(): List {
    return this.#list(this.#installation(), this.#os());
  }

  /** Throws MethodError when the machine has no repository to install from. */
  installUrl(): string {
    const [first] = this.#installation();
    if (first === undefined) throw new MethodError('No install repository available');
    return first.url;
  }

  #all(): Repository[] {
    const list = this.#sources.param('package-repositories');
    return Array.isArray(list) ? list.filter(isObject).map(repositoryOf) : [];
  }

  #os(): string {
    return textIn(this.#sources.machine ?? {}, 'OS');
  }

  #local(): Repository | undefined {
    const local = this.#sources.localRepository?.();
    return local === undefined ? undefined : repositoryOf(local);
  }

  /**
   * The machine's repositories. The endpoint's own media come before those of the param, except for apt, since they
   * have no metadata for it.
   */
  #forMachine(): Repository[] {
    const os = this.#os();
    const arch = architecture(textIn(this.#sources.machine ?? {}, 'Arch') || 'amd64');
    const local = this.#local();
    const usable = local !== undefined && styleOf(local, os) !== 'apt' ? [local] : [];
    const others = this.#all().filter((repository) => {
      if (usable.length > 0 && repository.installSource) return false;
      const fits =
        repository.arch === 'any' ? !repository.installSource : architecture(repository.arch) === arch;
      return fits && repository.os.includes(os);
    });
    return [...usable, ...others];
  }

  #installation(): Repository[] {
    const found = this.#forMachine();
    const install = this.#local() ?? found.find(({ installSource }) => installSource);
    const security = found.find(({ securitySource }) => securitySource);
    if (install === undefined) return [];
    return security === undefined ? [install] : [install, security];
  }

  #list(repositories: readonly Repository[], os: string): List {
    return new List(
      repositories.map((repository) => this.#structure(repository, os)),
      '[]*backend.Repo',
    );
  }

  #structure(repository: Repository, os: string): Structure {
    const members: Members = new Map<string, Member>([
      ['Tag', field('string', () => repository.tag)],
      ['OS', field('[]string', () => repository.os)],
      ['Arch', field('string', () => repository.arch)],
      ['URL', field('string', () => repository.url)],
      ['PackageType', field('string', () => repository.packageType)],
      ['RepoType', field('string', () => repository.repoType)],
      ['InstallSource', field('bool', () => repository.installSource)],
      ['SecuritySource', field('bool', () => repository.securitySource)],
      ['Distribution', field('string', () => repository.distribution)],
      ['BootLoc', field('string', () => repository.bootloc)],
      ['Components', field('[]string', () => repository.components)],
      ['JoinedComponents', method(0, 'string', () => repository.components.join(' '))],
      ['Target', method(0, 'string', () => os)],
      ['R', method(0, '*backend.RenderData', () => this.#dot())],
      ['UrlFor', method(1, 'string', (component) => urlFor(repository, os, component))],
      ['Install', method(0, 'string', () => this.#install(repository, os))],
      ['Lines', method(0, 'string', () => lines(repository, os))],
    ]);
    return new Structure('*backend.Repo', members);
  }

  /** Lines for a kickstart file or a preseed. */
  #install(repository: Repository, os: string): string {
    const { tag, url, installSource, components } = repository;
    const proxies = this.#sources.param('proxy-servers');
    const proxy = Array.isArray(proxies) && proxies.length > 0 ? ` --proxy="${proxies[0]}"` : '';
    switch (styleOf(repository, os)) {
      case 'yum': {
        if (installSource)
          return `install\nurl --url ${url}\nrepo --name="${tag}" --baseurl=${url} --cost=100${proxy}\n`;
        if (components.length === 0) return `repo --name="${tag}" --baseurl=${url} --cost=200${proxy}\n`;
        return components
          .map(
            (part) =>
              `repo --name="${tag}-${part}" --baseurl=${urlFor(repository, os, part)} --cost=200${proxy}\n`,
          )
          .join('');
      }
      case 'apt': {
        const { scheme, host, path } = parseUrl(toBytes(url));
        if (installSource)
          return [
            `d-i mirror/protocol string ${scheme}`,
            `d-i mirror/http/hostname string ${host}`,
            `d-i mirror/http/directory string ${path}`,
            '',
          ].join('\n');
        if (os.startsWith('debian')) return `\nd-i apt-setup/security_host string ${url}\n\n`;
        return `\nd-i apt-setup/security_host string ${host}\nd-i apt-setup/security_path string ${path}\n\n`;
      }
      default:
        throw new MethodError(`No idea how to handle repos for ${os}`);
    }
  }
}

/** Lines for the configuration of the package manager. */
function lines(repository: Repository, os: string): string {
  const { tag, url, distribution, components } = repository;
  switch (styleOf(repository, os)) {
    case 'yum':
      if (components.length === 0)
        return `\n[${tag}]\nname=${os} - ${tag}\nbaseurl=${urlFor(repository, os, '')}\ngpgcheck=0\n`;
      return components
        .map(
          (part) =>
            `\n[${tag}-${part}]\nname=${tag} - ${part}\nbaseurl=${urlFor(repository, os, part)}\ngpgcheck=0\n`,
        )
        .join('');
    case 'apt':
      return `deb ${url} ${distribution} ${components.join(' ')}\n`;
    default:
      throw new MethodError(`No idea how to handle repos for ${os}`);
  }
}

function styleOf({ repoType }: Repository, os: string): Style {
  if (repoType === 'yum' || repoType === 'zypp' || repoType === 'apt') return repoType;
  const family = os.split('-')[0] ?? '';
  return Object.hasOwn(STYLES, family) ? (STYLES[family] ?? 'unknown') : 'unknown';
}

function urlFor({ url, installSource, distribution }: Repository, os: string, component: string): string {
  if (installSource || distribution === '' || component === '') return url;
  if (os.startsWith('centos')) return `${url}/${distribution}/${component}/$basearch`;
  return os.startsWith('scientificlinux') ? `${url}/${distribution}/$basearch/${component}` : url;
}

function repositoryOf(entry: Readonly<Record<string, unknown>>): Repository {
  const texts = (name: string) => (Array.isArray(entry[name]) ? entry[name].map(String) : []);
  return {
    tag: textIn(entry, 'tag'),
    os: texts('os'),
    arch: textIn(entry, 'arch'),
    url: textIn(entry, 'url'),
    packageType: textIn(entry, 'packageType'),
    repoType: textIn(entry, 'repoType'),
    installSource: entry.installSource === true,
    securitySource: entry.securitySource === true,
    distribution: textIn(entry, 'distribution'),
    bootloc: textIn(entry, 'bootloc'),
    components: texts('components'),
  };
}

function textIn(object: Readonly<Record<string, unknown>>, name: string): string {
  const text = object[name];
  return typeof text === 'string' ? text : '';
}
