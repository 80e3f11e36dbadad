import type { Group } from '../command.ts';
import { actionCommands } from '../objects/actions.ts';

export const system: Group = { commands: actionCommands() };
