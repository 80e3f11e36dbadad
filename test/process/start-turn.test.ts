import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTurn } from '../../lib/process/start-turn.ts';

/** As the start of a child: nothing else is done meanwhile. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test('a start that comes alone waits for nothing', async () => {
  let hasTurned = false;
  setImmediate(() => (hasTurned = true));
  await startTurn();
  assert.equal(hasTurned, false);
});

test('starts that come at once have turns, in order, with time for everything else between them', async () => {
  const order: (number | string)[] = [];
  let turnsElsewhere = 0;
  const other = setInterval(() => (turnsElsewhere += 1), 1);
  const before: number[] = [];
  await Promise.all(
    [0, 1, 2, 3].map(async (index) => {
      await startTurn();
      before.push(turnsElsewhere);
      order.push(index);
      block(20);
    }),
  );
  clearInterval(other);
  assert.deepEqual(order, [0, 1, 2, 3]);
  const [first = 0, ...later] = before;
  let last = first;
  for (const turns of later) {
    assert.ok(turns > last, `nothing else was done between two starts: ${before}`);
    last = turns;
  }
});
