import { run } from '../../lib/core0/index.ts';
import commands from './commands.ts';

run(commands);
