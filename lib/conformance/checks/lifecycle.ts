import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectError } from '../answer.ts';
import type { Check } from '../check.ts';
import { expect, NotApplicable, shown } from '../outcome.ts';
import type { Answer, ProviderProcess } from '../provider-process.ts';
import { expectReady } from '../subject.ts';

const RUN = 'plugin/plugin.go, run';
const STOP = 'plugin/plugin.go, stopHandler';

/** Checks of a plugin's process from start to end. */
export const LIFECYCLE: readonly Check[] = [
  {
    id: 'listen',
    what: 'listen TO FROM prints READY! once it serves on TO',
    source: RUN,
    async run(subject) {
      const plugin = await subject.plugin();
      expectReady(plugin);
      expect(statSync(plugin.toPlugin).isSocket(), `${plugin.toPlugin} is not a socket`);
      await plugin.send('GET', '/');
    },
  },
  {
    id: 'listen-left-over-socket',
    what: 'a socket that an earlier run left over at TO is replaced',
    source: `${RUN} (os.Remove)`,
    async run(subject) {
      await using first = await subject.start();
      first.child.kill('SIGKILL');
      await first.exited;
      await using second = await subject.start({ args: ['listen', first.toPlugin, first.endpoint.path] });
      await expectServes(second, first.toPlugin);
    },
  },
  {
    id: 'listen-left-over-file',
    what: 'a file that lies at TO is replaced',
    source: `${RUN} (os.Remove)`,
    async run(subject) {
      const other = await subject.plugin();
      const file = join(other.folder, 'left-over');
      await writeFile(file, 'from an earlier run');
      await using plugin = await subject.start({ args: ['listen', file, other.endpoint.path] });
      await expectServes(plugin, file);
    },
  },
  {
    id: 'serve',
    what: 'serve is another word for listen',
    source: 'documents of the vendor, later than the public sources',
    async run(subject) {
      const other = await subject.plugin();
      const file = join(other.folder, 'served');
      await using plugin = await subject.start({ args: ['serve', file, other.endpoint.path] });
      if (plugin.child.exitCode !== null && /unknown command/.test(plugin.stderr)) {
        throw new NotApplicable('it is of before that word');
      }
      await expectServes(plugin, file);
    },
  },
  {
    id: 'stop',
    what: 'POST stop, with null as its body, ends the process with code 0',
    source: STOP,
    async run(subject) {
      const { code, signal } = await stopped(await subject.start(), 'null');
      expect(code === 0, `it ends with ${signal ?? `code ${code}`}`);
    },
  },
  {
    id: 'stop-any-body',
    what: 'POST stop takes any body and content type',
    source: STOP,
    async run(subject) {
      const { code, signal } = await stopped(await subject.start(), 'xx', 'text/plain');
      expect(code === 0, `it ends with ${signal ?? `code ${code}`}`);
    },
  },
  {
    id: 'stop-answer',
    what: 'POST stop is answered with Code 200 before the process ends',
    source: `${STOP} (means to; it exits before the answer has left)`,
    async run(subject) {
      const { answer } = await stopped(await subject.start(), 'null');
      expect(answer !== undefined, 'the connection ends without an answer');
      expectError(answer, 200, 'stop');
    },
  },
];

async function expectServes(plugin: ProviderProcess, socket: string): Promise<void> {
  expectReady(plugin);
  expect(statSync(socket).isSocket(), `${socket} is not a socket`);
}

interface Stopped {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Undefined if the plugin ended without an answer. */
  answer: Answer | undefined;
}

/** Stops a started plugin and disposes of it. */
async function stopped(started: ProviderProcess, body: string, type = 'application/json'): Promise<Stopped> {
  await using plugin = started;
  expectReady(plugin);
  const headers = { 'content-type': type };
  const answer = await plugin.send('POST', '/api-plugin/v4/stop', { body, headers }).catch(() => undefined);
  if (answer !== undefined) {
    expect(answer.status === 200, `stop is answered ${answer.status}: ${shown(answer.text)}`);
  }
  return { answer, ...(await plugin.exited) };
}
