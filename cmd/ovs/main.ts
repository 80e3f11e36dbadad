import commands from './commands.ts';

commands.run();
