import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkDefine } from '../../scripts/packaging/check-define.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'define-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A provider `hello` whose `define` runs these shell commands. */
async function provider(commands: string): Promise<string> {
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, `#!/bin/sh\n${commands}\n`, { mode: 0o755 });
  return path;
}

const check = async (commands: string) => checkDefine(await provider(commands), 'hello');

test('a provider that prints its definition is taken, asked as an endpoint asks', async () => {
  await check('[ "$1 $RS_TOKEN" = "define catalog" ] && echo \'{"Name":"hello","Version":"v1.0.0"}\'');
});

test('a provider is refused with what its define printed', async () => {
  const json = 'echo \'{"Name":"hello","Version":"v1.0.0"}\'';
  await assert.rejects(check('echo why >&2; exit 3'), /not take it: define exits with code 3\nwhy$/);
  await assert.rejects(check(`${json}; echo hint >&2`), /define prints on stderr\nhint$/);
  await assert.rejects(check(`echo hi; ${json}`), /define prints more than its definition\nhi\n/);
  await assert.rejects(check(`${json}; kill -9 $$`), /define is ended by SIGKILL/);
});

test('a provider whose name is not that of its executable is refused', async () => {
  await assert.rejects(
    check('echo \'{"Name":"hullo"}\''),
    /says the name hullo, but the executable is hello/,
  );
});

test('a provider with a version that an endpoint would not start with is refused with one to write', async () => {
  const version = (text: string) => check(`echo '{"Name":"hello","Version":"${text}"}'`);
  for (const taken of ['v1.0.0', 'v1.0.1-dev.271+g17ec5867.dirty', 'v1.0.1+271.g17']) await version(taken);
  await assert.rejects(
    version('v1.0.0+271.g17ec5867'),
    /define says the Version "v1\.0\.0\+271\.g17ec5867" is not a version .*; write v1\.0\.1\+271\.g17ec5867$/,
  );
  await assert.rejects(version('v1.0.0-rc.1'), /write v1\.0\.1-rc\.1$/);
  await assert.rejects(check('echo \'{"Name":"hello"}\''), /says the Version "" is not a version/);
});

test('a provider that names a param which its own pack would have is refused with what the pack has', async () => {
  const provides = (use: object) => {
    const Content =
      'sections: { params: { hello/greeting: { Name: hello/greeting }, other: { Name: other } } }';
    return check(`echo '${JSON.stringify({ Name: 'hello', Version: 'v1.0.0', Content, ...use })}'`);
  };
  const action = (OptionalParams: string[]) => ({ AvailableActions: [{ Command: 'greet', OptionalParams }] });
  await provides({ RequiredParams: ['hello/greeting'], ...action(['other', 'another-pack/param']) });
  await provides({ Content: '', OptionalParams: ['any-pack/param'] });
  await assert.rejects(
    provides(action(['hello/greting'])),
    /action greet: the content pack has no param hello\/greting: it has hello\/greeting/,
  );
  await assert.rejects(
    provides({ RequiredParams: ['hello/nothing-like-it'] }),
    /the plugin: the content pack has no param hello\/nothing-like-it: write content\/hello\/params/,
  );
});
