import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './replay/differences.ts';
import { readListed, readRecording } from './replay/recording.ts';
import { replay } from './replay/replay.ts';

/** How many of the exit codes have to be those of the recording. */
const CODES = 230;

test('commands of drpcli have the outcome that they had at a dr-provision, but for what is listed', async (t) => {
  const recording = await readRecording();
  const outcomes = await replay(recording.map(({ argv }) => argv));
  const found = recording.map((recorded, at) => {
    const outcome = outcomes[at];
    assert.ok(outcome);
    return { ...recorded, outcome, differs: differences(recorded, outcome) };
  });

  await t.test('what differs is listed, and what is listed differs', async () => {
    const listed = new Set<string>();
    for (const { rows, differs } of await readListed()) {
      for (const row of rows) for (const what of differs) listed.add(`${row} ${what}`);
    }
    const differing = new Set(found.flatMap(({ row, differs }) => differs.map((what) => `${row} ${what}`)));
    const commands = new Map(recording.map(({ row, command }) => [String(row), command]));
    const shown = (from: Set<string>, without: Set<string>) =>
      [...from]
        .filter((item) => !without.has(item))
        .map((item) => `${item} (${commands.get(item.split(' ', 1)[0] ?? '')})`);
    assert.deepEqual(
      { notListed: shown(differing, listed), noLonger: shown(listed, differing) },
      { notListed: [], noLonger: [] },
    );
  });

  await t.test(`at least ${CODES} exit codes are those of the recording`, () => {
    const same = found.filter(({ differs }) => !differs.includes('code'));
    assert.ok(same.length >= CODES, `${same.length} of ${found.length}`);
  });
});
