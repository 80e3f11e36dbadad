export {
  type Attribute,
  type Bios,
  biosOf,
  type Changed,
  changeBios,
  changeBiosPassword,
  conditionsText,
  dependentValue,
  lastMessages,
  type Registry,
  readBios,
  registryIn,
  resetBios,
  type Values,
} from './bios/index.ts';
export { redfishBmc } from './bmc-params.ts';
export { canLogIn } from './can-log-in.ts';
export {
  type Bmc,
  basicToken,
  type Connection,
  type Credentials,
  type Incoming,
  type Log,
  type Outgoing,
  type OutgoingStream,
} from './connection.ts';
export { exchange, ownUri, pathOf } from './exchange.ts';
export { type Expanded, expandedMembers, expandQuery } from './expanded.ts';
export { failure, type Refused, refusedWith } from './failure.ts';
export { type Message, messagesIn } from './messages.ts';
export { multipart } from './multipart.ts';
export { type OnSystem, onSystem } from './on-system.ts';
export { Patience } from './retry.ts';
export { rootLink } from './root-link.ts';
export { type Done, type Found, isFound, type Pace, type Sending, Service, type Unread } from './service.ts';
export { ROOT, serviceRoot } from './service-root.ts';
export { SESSIONS, withSession } from './session.ts';
export { chosenSystem, managersOf } from './system.ts';
export type { Follow } from './task.ts';
