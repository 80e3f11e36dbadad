export {
  type Bmc,
  basicToken,
  type Connection,
  type Credentials,
  type Incoming,
  type Log,
  type Outgoing,
} from './connection.ts';
export { exchange, ownUri } from './exchange.ts';
export { failure, refusedWith } from './failure.ts';
export { type Message, messagesIn } from './messages.ts';
export { type Done, type Found, type Pace, Service } from './service.ts';
export { serviceRoot } from './service-root.ts';
export { pathOf, SESSIONS, withSession } from './session.ts';
export { chosenSystem, managersOf } from './system.ts';
