import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '../check.ts';
import { expect, shown } from '../outcome.ts';

const WRAPPER = 'plugin/plugin.go, InitApp';

/** Checks of the other commands that end by themselves. */
export const COMMANDS: readonly Check[] = [
  {
    id: 'unpack',
    what: 'unpack FOLDER ends with code 0, each time that an endpoint starts',
    source: `${WRAPPER}; an endpoint skips the provider otherwise (hartsock/provision: backend/plugin_controller.go)`,
    async run(subject) {
      for (const time of ['first', 'second']) {
        const { code, how, stdout, stderr } = await subject.command(
          'unpack',
          join(subject.folder, 'unpacked'),
        );
        expect(code === 0, `the ${time} one ends with ${code ?? how}: ${shown(stderr || stdout)}`);
      }
    },
  },
  {
    id: 'version',
    what: 'version prints "Version: " and the Version of the definition',
    source: WRAPPER,
    async run(subject) {
      const { Version } = await subject.definition();
      const { code, stdout } = await subject.command('version');
      expect(code === 0, `it ends with code ${code}`);
      expect(stdout === `Version: ${Version}\n`, `it prints ${shown(stdout)}`);
    },
  },
  {
    id: 'help',
    what: '--help, and no command, list the commands define, unpack and listen',
    source: `${WRAPPER} (spf13/cobra)`,
    async run(subject) {
      for (const args of [['--help'], []]) {
        const { code, stdout } = await subject.command(...args);
        const what = args.join(' ') || 'no command';
        expect(code === 0, `${what} ends with code ${code}`);
        for (const command of ['define', 'unpack', 'listen']) {
          expect(stdout.includes(command), `${what} does not print ${command}`);
        }
      }
    },
  },
  {
    id: 'unknown-command',
    what: 'a command that is not known ends with another code than 0, and says which one it is',
    source: `${WRAPPER} (spf13/cobra)`,
    async run(subject) {
      const { code, stdout, stderr } = await subject.command('no-such-command');
      expect(code !== 0, 'it ends with code 0');
      expect(`${stdout}${stderr}`.includes('no-such-command'), `it prints ${shown(stderr || stdout)}`);
    },
  },
  {
    id: 'autocomplete',
    what: 'autocomplete FILE writes a completion for bash',
    source: WRAPPER,
    async run(subject) {
      const { Name } = await subject.definition();
      const file = join(subject.folder, 'completion');
      const { code, stderr } = await subject.command('autocomplete', file);
      expect(code === 0, `it ends with code ${code}: ${shown(stderr)}`);
      const text = await readFile(file, 'utf8').catch(() => '');
      expect(
        /\bcomplete\b/.test(text) && text.includes(String(Name)),
        `the file has ${shown(text) || 'nothing'}`,
      );
    },
  },
  {
    id: 'listen-arguments',
    what: 'listen without both sockets prints Failed, and ends with another code than 0',
    source: WRAPPER,
    async run(subject) {
      for (const args of [[], ['one']]) {
        const { code, stdout } = await subject.command('listen', ...args);
        expect(/^Failed$/m.test(stdout), `with ${args.length} it prints ${shown(stdout) || 'nothing'}`);
        expect(code !== 0, `with ${args.length} it ends with code 0`);
      }
    },
  },
  {
    id: 'listen-impossible',
    what: 'listen where it cannot make its socket ends with another code than 0, and never says READY!',
    source: 'plugin/plugin.go, run',
    async run(subject) {
      const missing = join(subject.folder, 'missing');
      const { how, code, stdout } = await subject.command(
        'listen',
        join(missing, 'to'),
        join(missing, 'from'),
      );
      expect(how === 'exit', `it does not end (${how})`);
      expect(code !== 0, 'it ends with code 0');
      expect(!stdout.includes('READY!'), 'it prints READY!');
    },
  },
];
