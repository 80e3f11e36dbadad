export type { Failure } from './failures.ts';
export { type Call, SlackService } from './service.ts';
export type { Bot, BotOptions, ChannelOptions, PostedMessage } from './state.ts';
