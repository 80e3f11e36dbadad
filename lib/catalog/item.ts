import { isObject, ModelError, type RawModel } from '../models/index.ts';

/** Types of catalog items. */
const CONTENT_TYPES = ['ContentPackage', 'PluginProvider', 'DRP', 'DRPUX', 'DRPCLI'] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** One version of something installable (`models.CatalogItem` of the Go package). */
export interface CatalogItem {
  /** `NAME-VERSION` */
  Id: string;
  Type: 'catalog_items';
  Name: string;
  /** `stable`, `tip`, or the version itself. */
  Version: string;
  /** The actual version for `stable` or `tip`. */
  ActualVersion: string;
  ContentType: ContentType;
  /** Location; see `downloadUrl`. */
  Source: string;
  /** `Id:::Source`, for shell scripts. */
  NOJQSource: string;
  /** SHA-256 in hex by `ARCH/OS` (Go's names); `any/any` for platform-independent items. */
  Shasum256: Record<string, string>;
  Tip: boolean;
  HotFix: boolean;
  /** Meta data of the pack. */
  Meta: Record<string, string>;
}

/** Go's names of a platform. */
export interface Platform {
  arch: string;
  os: string;
}

/** Pattern of names. They become parts of paths and URLs, so they must not contain separators. */
const PLAIN = /^[A-Za-z0-9][\w.+-]{0,199}$/;
const SUM = /^[0-9a-f]{64}$/i;

/** Whether a name can be part of a path. */
export function isPlain(name: string): boolean {
  return PLAIN.test(name);
}

/** Validates an item of a catalog. Throws ModelError 400 that names the item and the field. */
export function readItem(id: string, value: unknown): CatalogItem {
  const refuse = (problem: string) => new ModelError(400, `catalog_items ${id}: ${problem}`);
  if (!isObject(value)) throw refuse('expected an object');
  const text = (field: string): string => {
    const found = value[field] ?? '';
    if (typeof found === 'string') return found;
    throw refuse(`${field}: expected text`);
  };
  for (const field of ['Name', 'Version']) {
    if (!isPlain(text(field)))
      throw refuse(`${field}: expected a name without slashes, found ${JSON.stringify(text(field))}`);
  }
  const type = CONTENT_TYPES.find((known) => known === value.ContentType);
  if (type === undefined) {
    const found = JSON.stringify(value.ContentType);
    throw refuse(`ContentType: expected one of ${CONTENT_TYPES.join(', ')}, found ${found}`);
  }
  if (text('Source') === '') throw refuse('Source: expected the URL that it can be downloaded from');
  return {
    Id: id,
    Type: 'catalog_items',
    Name: text('Name'),
    Version: text('Version'),
    ActualVersion: text('ActualVersion') || text('Version'),
    ContentType: type,
    Source: text('Source'),
    NOJQSource: text('NOJQSource'),
    Shasum256: texts(value.Shasum256),
    Tip: value.Tip === true,
    HotFix: value.HotFix === true,
    Meta: texts(value.Meta),
  };
}

function texts(value: unknown): Record<string, string> {
  const fields: RawModel = isObject(value) ? value : {};
  const entries = Object.entries(fields).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** The download URL of an item, as in Go's client (`CatalogItem.DownloadUrl`). */
export function downloadUrl(
  { ContentType, Name, Source, Shasum256 }: CatalogItem,
  { arch, os }: Platform,
): string {
  switch (ContentType) {
    case 'PluginProvider':
      return `${Source}/${arch}/${os}/${Name}`;
    case 'DRPCLI':
      return `${Source}/${arch}/${os}/${Name}${os === 'windows' ? '.exe' : ''}`;
    case 'DRP':
      return 'any/any' in Shasum256 ? Source : Source.replaceAll('.zip', `.${arch}.${os}.zip`);
    default:
      return Source;
  }
}

/** The default file name for a downloaded item. */
export function fileName({ ContentType, Name }: CatalogItem): string {
  if (ContentType === 'DRP' || ContentType === 'DRPUX') return `${Name}.zip`;
  return ContentType === 'ContentPackage' ? `${Name}.json` : Name;
}

/** The platforms of an item; `any/any` when it is platform-independent. */
export function platforms({ Shasum256 }: CatalogItem): Platform[] {
  return Object.keys(Shasum256).map((key) => {
    const [arch = '', os = ''] = key.split('/');
    return { arch, os };
  });
}

/**
 * The expected SHA-256 of a download, in hex. Throws ModelError 404 when the item has no file for the platform, and 400
 * when the catalog has no checksum, without which the download could not be verified.
 */
export function sumOf(item: CatalogItem, { arch, os }: Platform): string {
  const sum = item.Shasum256['any/any'] ?? item.Shasum256[`${arch}/${os}`];
  if (sum === undefined) {
    const there = Object.keys(item.Shasum256).join(', ') || 'nothing';
    throw problemOf(item, 404, `is not available for ${arch}/${os}; the catalog has ${there}`);
  }
  if (SUM.test(sum)) return sum.toLowerCase();
  throw problemOf(
    item,
    400,
    `the catalog has no SHA-256 sum of it (${JSON.stringify(sum)}), so it is not taken`,
  );
}

export function problemOf(item: CatalogItem, code: number, problem: string, cause?: unknown): ModelError {
  return new ModelError(code, `${item.Name} ${item.Version}: ${problem}`, { cause });
}
