import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';

// The configuration folder: source 1 of README.md, "Configuration data".
const home = process.env.VBOX_USER_HOME ?? join(process.env.HOME ?? homedir(), '.config/VirtualBox');
mkdirSync(home, { recursive: true });
const { code, stdout, stderr } = await runCommand({ home }, process.argv.slice(2));
process.stderr.write(stderr);
process.stdout.write(stdout);
process.exitCode = code;
