/**
 * Stands in for Dell's racadm: `racadm -r HOST[:PORT] (-i | -u USER -p PASSWORD) SUBCOMMAND...`. The iDRACs that there
 * are have files in the folder named by FAKE_RACADM_FOLDER. Words and order are those of racadm 11 at work: first that
 * the certificate is not verified, then the questions, then the answer of the iDRAC, its lines padded.
 */
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { IdracState } from './state.ts';
import { obey, type Said } from './subcommands.ts';

const folder = process.env.FAKE_RACADM_FOLDER ?? '';
const note = (entry: unknown) => appendFileSync(join(folder, 'calls'), `${JSON.stringify(entry)}\n`);

interface Options {
  address: string;
  interactive: boolean;
  username?: string;
  password?: string;
  subcommand: string[];
}

function optionsIn(args: readonly string[]): Options {
  const options: Options = { address: '', interactive: false, subcommand: [] };
  const rest = [...args];
  while (rest[0]?.startsWith('-')) {
    const name = rest.shift();
    if (name === '-i') options.interactive = true;
    else if (name === '-r') options.address = rest.shift() ?? '';
    else if (name === '-u') options.username = rest.shift();
    else if (name === '-p') options.password = rest.shift();
    else if (name !== '--nocertwarn' && name !== '-S') fail('Invalid option specified.');
  }
  options.subcommand = rest;
  return options;
}

function fail(text: string): never {
  process.stderr.write(`ERROR: ${text}\n`);
  process.exit(1);
}

/** The next line of stdin. */
function* answers(): Generator<string, string> {
  yield* readFileSync(0, 'utf8').split('\n');
  return '';
}

function credentialsOf({ interactive, username = '', password = '' }: Options): [string, string] {
  if (!interactive) return [username, password];
  if (isatty(0)) throw new Error('the fake asks on a pipe only');
  const lines = answers();
  process.stdout.write('UserName: ');
  const name = lines.next().value;
  process.stdout.write('Password: ');
  return [name, lines.next().value];
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const options = optionsIn(args);
  const file = join(folder, `${encodeURIComponent(options.address)}.json`);
  const { pid } = process;
  note({ event: 'start', pid, args, env: Object.keys(process.env) });
  process.on('exit', () => note({ event: 'end', pid, address: options.address }));
  let state: IdracState;
  try {
    state = JSON.parse(readFileSync(file, 'utf8')) as IdracState;
  } catch {
    fail('Unable to connect to RAC at specified IP address.');
  }
  process.stdout.write(
    'Security Alert: Certificate is invalid - self signed certificate\n' +
      'Continuing execution. Use -S option for racadm to stop execution on certificate-related errors.\n',
  );
  const [username, password] = credentialsOf(options);
  if (state.fault === 'echo') fail(`Not done for ${username} with ${password}`);
  if (username !== state.username || password !== state.password || state.fault === 'sessions') {
    // iDRAC 8 says so in both cases.
    fail('Login failed - invalid username or password');
  }
  if (state.fault === 'hang') {
    note({ event: 'hanging', pid });
    setInterval(() => {}, 60_000);
    return;
  }
  const said: Said = obey(state, options.subcommand);
  writeFileSync(`${file}.${pid}`, JSON.stringify(state));
  renameSync(`${file}.${pid}`, file);
  const padded = said.text.replace(/\n|$/, (end) => `${' '.repeat(40)}${end}`);
  process.stdout.write(`Processing...\r${padded}\n\n`);
  process.exitCode = state.fault === 'quiet-errors' ? 0 : said.code;
}

void main();
