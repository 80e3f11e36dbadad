import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { providerScript } from '../endpoint/running-endpoint.ts';
import { Drpkit, drpkit } from './drpkit.ts';

/** A folder for executables, and one for what the demo makes meanwhile, which must be empty afterwards. */
class Place implements AsyncDisposable {
  readonly plugins: string;
  readonly temporary: string;
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
    this.plugins = join(path, 'plugins');
    this.temporary = join(path, 'tmp');
  }

  static async make(executables: Readonly<Record<string, string>>): Promise<Place> {
    const place = new Place(await mkdtemp(join(tmpdir(), 'demo-')));
    await mkdir(place.plugins);
    await mkdir(place.temporary);
    for (const [name, script] of Object.entries(executables)) {
      await writeFile(join(place.plugins, name), script, { mode: 0o755 });
    }
    return place;
  }

  get options() {
    return { env: { TMPDIR: this.temporary } };
  }

  left(): Promise<string[]> {
    return readdir(this.temporary);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }
}

const incrementer = providerScript('../../cmd/incrementer/main.ts');
const ipmi = providerScript('../../cmd/ipmi/main.ts');

test('the demo goes on running, and what it says to try works, until Ctrl-C', async () => {
  await using place = await Place.make({ incrementer, ipmi });
  await using demo = await Drpkit.start(['demo', '--plugins', place.plugins], place.options);
  await demo.printed(/Ctrl-C ends it\.|not as they should/);
  assert.match(demo.stdout, /^All results were as they should be\.$/m, demo.stdout);
  assert.doesNotMatch(demo.stdout, /^ {2}BAD /m);

  const lines = demo.stdout
    .split('\n')
    .filter((line) => /^ {2}(export|\S+ \S+ machines (runaction|params|actions)) /.test(line));
  assert.equal(lines.length, 6);
  const { stdout } = await promisify(execFile)('/bin/sh', ['-ec', lines.join('\n')], { timeout: 300_000 });
  const [poweron, powerstatus, count] = stdout.split('\n');
  assert.equal(poweron, '"Chassis Power Control: Up/On\\n"');
  assert.equal(powerstatus, '"Chassis Power is on\\n"');
  assert.equal(count, '83');

  const [, endpoint = '', user = '', password = ''] =
    /drpcli -E (\S+) -U (\S+) -P (\S+) /.exec(demo.stdout) ?? [];
  const byFlags = await drpkit(['-E', endpoint, '-U', user, '-P', password, 'machines', 'count']);
  assert.equal(byFlags.stdout, '1\n', byFlags.stderr);

  const { code, stderr } = await demo.end('SIGINT');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.deepEqual(await place.left(), []);
});

test('a result that is not as it should be is shown, and is a failure', async () => {
  await using place = await Place.make({ incrementer, ipmi: '#!/bin/sh\nexit 1\n' });
  const { code, stdout } = await drpkit(['demo', '--once', '--plugins', place.plugins], place.options);
  assert.equal(code, 1);
  assert.match(stdout, /^ {2}BAD {2}ipmi starts by itself .* 404 Not Found$/m);
  assert.match(stdout, /^ {2}BAD {2}poweron /m);
  assert.match(stdout, /^ {2}ok {3}increment .* 1$/m);
  assert.match(
    stdout,
    /^\d+ results were not as they should be:\n {2}ipmi starts by itself: expected .*, found 404 /m,
  );
  assert.deepEqual(await place.left(), []);
});

test('Ctrl-C in the middle ends the demo, and leaves nothing behind', async () => {
  await using place = await Place.make({ incrementer, ipmi });
  await using demo = await Drpkit.start(['demo', '--once', '--plugins', place.plugins], place.options);
  await demo.printed(/ok {3}powerstatus/);
  const { code, stdout } = await demo.end('SIGINT');
  assert.equal(code, 130);
  assert.doesNotMatch(stdout, /BAD|results were/);
  assert.deepEqual(await place.left(), []);
});

test('without the executables there is no demo', async () => {
  await using place = await Place.make({ incrementer });
  const [missing, unsaid] = await Promise.all([
    drpkit(['demo', '--once', '--plugins', place.plugins], place.options),
    drpkit(['demo', '--once'], place.options),
  ]);
  assert.deepEqual([missing.code, missing.stdout], [1, '']);
  assert.equal(
    missing.stderr,
    `Error: plugins: no executable ipmi in ${place.plugins}: scripts/build makes them\n`,
  );
  assert.equal(unsaid.stderr, 'Error: plugins: needed, the folder with the executables (--plugins DIR)\n');
  assert.deepEqual(await place.left(), []);
});
