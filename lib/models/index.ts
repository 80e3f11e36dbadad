export { META_FIELDS } from './content.ts';
export { ModelError, type ModelErrorDetails, type ModelErrorJson } from './error.ts';
export { hostAndPort, hostIn, isOddIPv4 } from './host.ts';
export type { PluginProcess, SocketExchange, TrafficPart } from './inspector.ts';
export { isDeeper, isObject, jsonFrom, parseJson } from './json.ts';
export { NAME, type NamePattern, NUMBER_NAME, PARAM_NAME } from './names.ts';
export { nearest } from './nearest.ts';
export { OBJECT_PREFIXES } from './object-prefixes.ts';
export { isPlainSchema } from './plain-schema.ts';
export {
  type Action,
  type AvailableAction,
  type Event,
  LOG_LEVELS,
  type LogLevel,
  type LogLine,
  PLUGIN_VERSION,
  type PluginProvider,
  type RawModel,
} from './plugin.ts';
export { abortError, refusal } from './refusal.ts';
export { LONGEST_PAUSE, retryPause } from './retry-pause.ts';
export { Foreign, foreign, foreignPath, joined, own, Secrets, say, Wording } from './secrets.ts';
export { selectorPart } from './selector.ts';
export { timestamp } from './time.ts';
export { TimeLimit } from './time-limit.ts';
export { UNIQUE_ITEMS } from './unique-items.ts';
export { withoutLogins } from './url-login.ts';
export { UUID } from './uuid.ts';
export { compareVersions, readVersion, type Version, versionProblem } from './version.ts';
export {
  type Prerequisite,
  prerequisitesIn,
  prerequisiteVersion,
  readVersionRange,
  type VersionRange,
} from './version-range.ts';
