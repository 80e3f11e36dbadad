export { checkTemplate } from './check.ts';
export { machineOf } from './dot/machine.ts';
export { field, listMethod, type Member, type Members, MethodError, method, once } from './dot/members.ts';
export { nothing, structureOf } from './dot/objects.ts';
export { paramMembers } from './dot/param-members.ts';
export { RenderData } from './dot/render-data.ts';
export {
  type RenderedTemplate,
  type RenderTarget,
  renderPath,
  renderTarget,
  type TemplateInfo,
} from './dot/render-target.ts';
export type { EndpointUrls, RenderSources, TokenRequest } from './dot/sources.ts';
export { URL_MEMBERS } from './dot/url-members.ts';
export { TemplateError } from './error.ts';
export { LIMITS, type Limits } from './execute/budget.ts';
export { FUNCTIONS, GO_FUNCTIONS } from './functions/index.ts';
export { Templates } from './templates.ts';
export { fromJson } from './values/from-json.ts';
export {
  type Callable,
  type Field,
  Int,
  List,
  Structure,
  type Value,
  type Work,
} from './values/value.ts';
