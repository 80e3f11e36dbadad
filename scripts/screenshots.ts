import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Client } from '../lib/api/index.ts';
import { startEndpoint } from '../lib/endpoint/index.ts';
import { openChromium } from './measuring/chromium.ts';
import { exitOnSignals, Scratch } from './measuring/scratch.ts';

const ROOT = join(import.meta.dirname, '..');
const IMAGES = join(ROOT, 'docs', 'images');
const PROVIDERS = ['callback', 'incrementer'];
/** Width of a column of text, in which they are shown. */
const WIDTH = 960;
const MOST_BYTES = 60_000;

const STAGES = {
  discover: ['inventory', 'set-boot-order'],
  prepare: ['raid-config', 'partition'],
  install: ['install-packages', 'configure-network', 'configure-users'],
  complete: [],
};
const PACK = {
  meta: { Name: 'base-install' },
  sections: {
    tasks: Object.fromEntries(
      Object.values(STAGES)
        .flat()
        .map((Name) => [Name, { Name, Templates: [{ Name: 'script', Contents: '#!/bin/sh\n' }] }]),
    ),
    stages: Object.fromEntries(Object.entries(STAGES).map(([Name, Tasks]) => [Name, { Name, Tasks }])),
    workflows: { 'base-install': { Name: 'base-install', Stages: Object.keys(STAGES) } },
  },
};
/** The running task. */
const CURRENT = 'partition';

async function main(): Promise<void> {
  exitOnSignals();
  using scratch = new Scratch();
  const root = join(scratch.folder, 'endpoint');
  const plugins = join(root, 'plugins');
  await mkdir(plugins, { recursive: true });
  for (const name of PROVIDERS) {
    const file = join(plugins, name);
    await writeFile(
      file,
      `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'cmd', name, 'main.ts')}' "$@"\n`,
    );
    await chmod(file, 0o755);
  }
  const endpoint = await startEndpoint({ root, port: 0, staticPort: 0, packs: [PACK] });
  const browser = await openChromium();
  try {
    await endpoint.ready;
    const machine = await prepareObjects(endpoint.url, endpoint.token);
    const page = await browser.newPage({ ignoreHTTPSErrors: true, viewport: { width: WIDTH, height: 600 } });
    await page.goto(`${endpoint.url}/ui/`);
    await page.getByLabel('User').fill(endpoint.user);
    await page.getByLabel('Password').fill(endpoint.password ?? '');
    await page.keyboard.press('Enter');
    await page.getByText('Events: live').waitFor();
    await runActions(page, machine);
    await shoot(page, 'inspector-actions', 600);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(`location.hash = '#/objects/machines/${machine}/workflow'`);
    await page.getByRole('img', { name: /^Workflow/ }).waitFor();
    await shoot(page, 'inspector-workflow', 520);
  } finally {
    await browser.close();
    await endpoint.close();
  }
}

/** Creates a machine, and configures the plugin that is shown. Returns the machine's key. */
async function prepareObjects(url: string, token: string): Promise<string> {
  const client = new Client({ endpoint: url, token });
  try {
    const { Uuid } = await client.objects('machines').create({
      Name: 'web1.example.com',
      Params: { 'incrementer/step': 2, rack: 'r4' },
      Workflow: 'base-install',
    });
    await client.objects('plugins').create({ Name: 'incrementer', Provider: 'incrementer' });
    const state = (job: string, value: string) =>
      client.objects('jobs').patch(job, [{ op: 'replace', path: '/State', value }]);
    for (let task = ''; task !== CURRENT; ) {
      const job = await client.jobs().next(Uuid, '');
      // No job at the moment: the machine has entered another stage.
      if (job === undefined) continue;
      task = job.Task;
      await state(job.Uuid, 'running');
      if (task !== CURRENT) await state(job.Uuid, 'finished');
    }
    return Uuid;
  } finally {
    client.close();
  }
}

async function runActions(page: Page, machine: string): Promise<void> {
  const view = (command: string) =>
    page.evaluate(`location.hash = '#/actions/machines/${machine}/incrementer/${command}'`);
  // Fails, since the param is not a number.
  await run(page, view, 'increment', { 'incrementer/parameter': 'rack' });
  await run(page, view, 'increment', { 'incrementer/parameter': 'boots' });
  await run(page, view, 'increment', { 'incrementer/step': '5' });
}

async function run(
  page: Page,
  view: (command: string) => Promise<unknown>,
  command: string,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  await view(command);
  const form = page.getByRole('form', { name: command });
  await form.waitFor();
  for (const name of ['incrementer/step', 'incrementer/parameter'])
    await page.getByLabel(name).fill(texts[name] ?? '');
  await form.getByRole('button', { name: 'Run' }).click();
  const result = page.getByRole('region', { name: `${command} on` });
  await result.getByText(/^(?:ok|failed), /).waitFor();
}

async function shoot(page: Page, name: string, height: number): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  const path = join(IMAGES, `${name}.png`);
  await page.setViewportSize({ width: WIDTH, height });
  await page.evaluate('scrollTo(0, 0)');
  // Moves the pointer away from the last click.
  await page.mouse.move(0, 0);
  await page.screenshot({ path });
  const { size } = await stat(path);
  console.log(`wrote docs/images/${name}.png, ${(size / 1000).toFixed(1)} kB`);
  if (size > MOST_BYTES) throw new Error(`${path} has more than ${MOST_BYTES / 1000} kB`);
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/screenshots: ${error instanceof Error ? error.message : String(error)}`);
});
