import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ipmitool } from '../../lib/ipmi/index.ts';
import { until } from '../support/until.ts';
import { type FakeIpmitool, fakeIpmitool } from './fake-ipmitool.ts';

const never = new AbortController().signal;

/** Notes its BMC's address at its start and end, and runs until told to go. */
const WAITING = `
echo "start $2" >> notes
until [ -e go ] || [ -e "go-$2" ]; do sleep 0.02; done
echo "end $2" >> notes`;

function powerOn(ipmitool: Ipmitool, address: string, signal = never) {
  return ipmitool.withBmc({ address, username: 'admin', password: 'x' }, signal, (call) =>
    call(['chassis', 'power', 'on']),
  );
}

async function noted(fake: FakeIpmitool, ...lines: string[]): Promise<void> {
  await until(async () => {
    const notes = await fake.notes();
    return lines.every((line) => notes.includes(line));
  }, lines.join(', '));
}

test("one BMC's calls come one after the other, while another BMC's do not wait for them", async () => {
  await using fake = await fakeIpmitool(WAITING);
  const ipmitool = new Ipmitool({ path: fake.path });
  const calls = [powerOn(ipmitool, 'a'), powerOn(ipmitool, 'a'), powerOn(ipmitool, 'b')];
  await noted(fake, 'start a', 'start b');
  await fake.put('go-b');
  await noted(fake, 'end b');
  await fake.put('go-a');
  await Promise.all(calls);
  const ofA = (await fake.notes()).filter((line) => line.endsWith(' a'));
  assert.deepEqual(ofA, ['start a', 'end a', 'start a', 'end a']);
});

test('work that makes several calls has the BMC for itself until it is done', async () => {
  await using fake = await fakeIpmitool('shift $(($# - 1)); echo "$1" >> notes');
  const ipmitool = new Ipmitool({ path: fake.path });
  const work = (name: string) =>
    ipmitool.withBmc({ address: 'a', username: 'admin', password: 'x' }, never, async (call) => {
      for (const step of [1, 2, 3]) await call([`${name}${step}`]);
    });
  await Promise.all([work('first'), work('second')]);
  assert.deepEqual(await fake.notes(), ['first1', 'first2', 'first3', 'second1', 'second2', 'second3']);
});

test('a call that failed lets the next one have its turn', async () => {
  await using fake = await fakeIpmitool('[ -e failed ] && exit 0; touch failed; exit 1');
  const ipmitool = new Ipmitool({ path: fake.path });
  const calls = [powerOn(ipmitool, 'a'), powerOn(ipmitool, 'a')];
  await assert.rejects(calls[0] ?? Promise.resolve(), { code: 502 });
  await calls[1];
});

test('no more children run than the bound, and a waiting call can be aborted', async () => {
  await using fake = await fakeIpmitool(WAITING);
  const ipmitool = new Ipmitool({ path: fake.path, maxChildren: 3, maxSilent: 0 });
  const addresses = ['a', 'b', 'c', 'd', 'e', 'f'];
  const calls = addresses.map((address) => powerOn(ipmitool, address));
  const stopping = new AbortController();
  const last = assert.rejects(powerOn(ipmitool, 'z', stopping.signal), { code: 503 });
  await until(async () => (await fake.notes()).length === 3, 'three calls to start');
  stopping.abort();
  await last;
  await fake.put('go');
  await Promise.all(calls);
  let running = 0;
  for (const line of await fake.notes()) {
    running += line.startsWith('start') ? 1 : -1;
    assert.ok(running <= 3, 'more than three at once');
  }
  assert.equal((await fake.calls()).length, addresses.length);
});

test('a call that waits too long for its turn gives up', async () => {
  await using fake = await fakeIpmitool(WAITING);
  const ipmitool = new Ipmitool({ path: fake.path, maxChildren: 2, maxSilent: 0, waitLimitMs: 200 });
  const first = powerOn(ipmitool, 'a');
  await noted(fake, 'start a');
  const impatient = { code: 503, message: /BMC a:623: earlier calls were not done after 0\.2 s/ };
  await assert.rejects(powerOn(ipmitool, 'a'), impatient);
  await fake.put('go');
  await first;
  await powerOn(ipmitool, 'a');
});

test('a BMC that was silent takes no turn from those that answer, until it answers itself', async () => {
  await using fake = await fakeIpmitool(`
    echo "start $2" >> notes
    [ "$2" = well ] && exit 0
    [ -e "well-$2" ] && exit 0
    [ -e second-time ] && until [ -e "go-$2" ]; do sleep 0.02; done
    [ -e "well-$2" ] && exit 0
    echo 'Get Auth Capabilities error' >&2; exit 1`);
  const ipmitool = new Ipmitool({ path: fake.path, maxChildren: 1, maxSilent: 1 });
  const silent = (address: string) => assert.rejects(powerOn(ipmitool, address), { code: 504 });
  await silent('a');
  await silent('b');
  await fake.put('second-time');
  const [first, second] = [powerOn(ipmitool, 'a'), silent('b')];
  await until(async () => (await fake.notes()).length === 3, 'the second call to the first one');
  // Had they its turn, it would wait for as long as they do.
  await powerOn(ipmitool, 'well');
  assert.deepEqual(await fake.notes(), ['start a', 'start b', 'start a', 'start well']);
  await fake.put('well-a');
  await fake.put('go-a');
  await first;
  await until(async () => (await fake.notes()).length === 5, 'the second call to the second one');
  await powerOn(ipmitool, 'a');
  await fake.put('go-b');
  await second;
});
