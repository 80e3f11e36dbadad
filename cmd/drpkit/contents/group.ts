import type { Group } from '../command.ts';
import { exchangeCommands } from './exchange.ts';
import { layerCommands } from './layers.ts';
import { packCommands } from './packs.ts';

export const contents: Group = { commands: [...layerCommands, ...packCommands, ...exchangeCommands] };
