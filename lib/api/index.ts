export type { ActionOptions, Actions } from './actions.ts';
export type { ApiPath } from './address.ts';
export type { BlobInfo, Blobs } from './blobs.ts';
export { Client } from './client.ts';
export { ConflictError } from './conflict.ts';
export type { Content, ContentMeta, ContentOptions, ContentSummary, Contents } from './contents.ts';
export type { Downloaded } from './download.ts';
export type { Gap, StreamItem } from './events/item.ts';
export { eventSelector, type Matcher, matcher } from './events/selector.ts';
export type { EventStream, RegisterOptions, StreamOptions } from './events/stream.ts';
export { type Condition, filter, type IndexName, type ListFilter } from './filter.ts';
export { decodeYaml, pretty } from './format.ts';
export type { Index, Info } from './info.ts';
export type { Jobs } from './jobs.ts';
export { keyField, keyOf } from './keys.ts';
export type * from './known.ts';
export type { ClientLog } from './log.ts';
export type { GetOptions, ListOptions, Objects } from './objects.ts';
export type { ParamOptions, Params } from './params.ts';
export { generatePatch, type PatchOperation, type PatchOptions, pointer } from './patch.ts';
export type { PluginProviders } from './providers.ts';
export type {
  Answer,
  CallOptions,
  OnProgress,
  Opened,
  QueryValue,
  Request,
  TransferOptions,
} from './request.ts';
export { isSecureData, type SecureData, seal, sealingKeys, unseal } from './secure.ts';
export { type ClientOptions, optionsFromEnvironment } from './settings.ts';
export type { Source } from './source.ts';
export { and, equal, not, type ObjectTest, or, type WaitResult } from './wait.ts';
export { openWebFile, type WebFile } from './web-file.ts';
