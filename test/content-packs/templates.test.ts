import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { before, describe, test } from 'node:test';
import { missing, openRenderer, type TaskRenderer } from './renderer.ts';

const skip = await missing('shellcheck');

/** Params that make every part of a pack's templates appear. */
const FULL: Record<string, Record<string, unknown>> = {
  bios: {
    'bios-target-configuration': { BootMode: 'Uefi' },
    'bios-target-configuration-compose': true,
    'bios-reset-to-factory': true,
  },
  callback: { 'callback/action': 'complete', 'callback/data-override': { a: "it's" }, 'callback/skip': true },
  ipmi: {
    'rs-debug-enable': true,
    'dns-servers': ['10.0.0.53'],
    'ipmi/configure/certificate': 'PEM',
    'ipmi/configure/hostname': 'bmc-1',
    'ipmi/enabled': true,
    'ipmi/extra-ipmi-commands': ['ipmitool mc info', 'ipmitool sel clear || :'],
    'ipmi/skip-status-validation': false,
  },
  'packet-ipmi': { 'rs-debug-enable': true },
  'virtualbox-ipmi': {},
};

/** Begins Python that a shell starts. */
const PYTHON = "\n''''exec ";

/** Params without which templates cannot be rendered. */
const NEEDED: Record<string, Record<string, unknown>> = { callback: { 'callback/action': 'complete' } };

for (const [name, full] of Object.entries(FULL)) {
  describe(`templates of the ${name} pack`, { skip, concurrency: 2 }, () => {
    let tasks: TaskRenderer;
    before(async () => {
      tasks = await openRenderer(name);
    });

    for (const [what, params] of [
      ['the defaults', NEEDED[name] ?? {}],
      ['all that they ask about', full],
    ] as const) {
      test(`render with ${what} and pass shellcheck`, async () => {
        for (const task of Object.keys(tasks.pack.sections.tasks ?? {})) {
          for (const { Name, Path, Contents } of tasks.render(task, params)) {
            if (Path.endsWith('.json')) JSON.parse(Contents);
            else if (Path === '' && !Contents.includes(PYTHON))
              assert.equal(await shellcheck(Contents), '', `${task}: ${Name}`);
          }
        }
      });
    }

    test('are each used by a task, or by a template that is', () => {
      const { tasks: objects = {}, templates = {} } = tasks.pack.sections;
      const used = new Set(
        Object.values(objects).flatMap(({ Templates }) =>
          (Templates as { ID: string }[]).map(({ ID }) => ID),
        ),
      );
      for (const id of used) {
        const inside = String(templates[id]?.Contents).matchAll(/\{\{-? *template "([^"]+)"/g);
        for (const [, other = ''] of inside) used.add(other);
      }
      assert.deepEqual([...used].sort(), Object.keys(templates).sort());
    });
  });
}

/** What shellcheck has to say, down to matters of style; nothing when all is well. */
async function shellcheck(script: string): Promise<string> {
  const child = spawn('shellcheck', ['--severity=style', '--format=gcc', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(script);
  return await text(child.stdout);
}
