import type { Client } from '../../../lib/api/index.ts';
import { isObject, ModelError, type RawModel } from '../../../lib/models/index.ts';
import { type Group, takes } from '../command.ts';
import type { Context } from '../context.ts';

/** Text files by their name in the archive. */
type Files = Record<string, string>;

const DAY_MS = 24 * 3_600_000;

const REVIEW = `Secure params are sealed, and secrets of the endpoint left out; look through the archive all the same before you
give it away.`;

/** Archives for a support team. */
export const support: Group = {
  commands: [
    {
      use: 'bundle',
      summary: 'Save what the endpoint says of itself, of plugins and content, and its log',
      details: `The archive drp-support-bundle-TIME.zip is made in the current folder. What drpcli collects on the endpoint's own
machine, the journal of dr-provision and its files, is not part of it.
${REVIEW}`,
      async run(context) {
        await save(context, 'drp-support-bundle', await endpointFiles(await context.endpoint()));
      },
    },
    {
      use: 'machine-bundle [id]',
      summary: 'Save a machine, and its jobs of the last 24 hours with their logs',
      details: `The archive drp-machine-support-bundle-TIME.zip is made in the current folder.
${REVIEW}`,
      check: takes([1]),
      async run(context) {
        const files = await machineFiles(await context.endpoint(), context.arg(0));
        await save(context, 'drp-machine-support-bundle', files);
      },
    },
  ],
};

async function endpointFiles(endpoint: Client): Promise<Files> {
  const providers = async () => {
    const all = await endpoint.pluginProviders().list();
    return all.map(({ Content: _, ...provider }) => provider);
  };
  const asked: Readonly<Record<string, () => Promise<unknown>>> = {
    info: () => endpoint.info(),
    objects: () => endpoint.prefixes(),
    contents: () => endpoint.contents().list(),
    plugin_providers: providers,
    plugins: () => endpoint.objects('plugins').list(),
    prefs: () => endpoint.request({ path: ['prefs'] }),
    logs: () => endpoint.logs(),
  };
  const files: Files = {};
  for (const [name, ask] of Object.entries(asked)) {
    const value = await ask().catch(problem);
    files[`${name}.json`] = textOf(value);
  }
  return files;
}

async function machineFiles(endpoint: Client, id: string): Promise<Files> {
  const path = ['machines', id];
  const machine = await endpoint.request({ path, query: { aggregate: true } });
  const uuid = String(isObject(machine) ? machine.Uuid : id);
  const files: Files = { [`machine-${uuid}.json`]: textOf(machine) };
  const since = new Date(Date.now() - DAY_MS).toISOString();
  const query: [string, string][] = [
    ['Machine', `Eq(${uuid})`],
    ['StartTime', `Gte(${since})`],
    ['sort', 'StartTime'],
    ['reverse', 'true'],
  ];
  const jobs = await endpoint.request({ path: ['jobs'], query }).catch(problem);
  if (!Array.isArray(jobs)) return { ...files, 'jobs.json': textOf(jobs) };
  const { text } = await import('node:stream/consumers');
  for (const job of jobs.filter(isObject)) {
    const log = await endpoint
      .open({ path: ['jobs', String(job.Uuid), 'log'] })
      .then(({ body }) => text(body))
      .catch((error: unknown) => textOf(problem(error)));
    files[`job-${job.Uuid}.json`] = textOf(job);
    files[`job-log-${job.Uuid}.log`] = log;
  }
  return files;
}

/** Takes the place of a part that cannot be read; the other parts are still useful. */
function problem(error: unknown): RawModel {
  if (error instanceof ModelError) return { Error: error.message };
  throw error;
}

/** JSON with secrets masked. */
function textOf(value: unknown): string {
  return JSON.stringify(
    value,
    (name, member) =>
      /secret|token|password(hash)?$/i.test(name) && typeof member === 'string' ? '***' : member,
    2,
  );
}

async function save(context: Context, name: string, files: Files): Promise<void> {
  const [{ strToU8, zipSync }, { writeFile }] = await Promise.all([
    import('fflate'),
    import('node:fs/promises'),
  ]);
  const entries = Object.entries(files).map(([path, text]) => [`bundle/${path}`, strToU8(text)] as const);
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const file = `${name}-${time}.zip`;
  // Never overwrites a file.
  await writeFile(file, zipSync(Object.fromEntries(entries)), { flag: 'wx', mode: 0o600 });
  await context.say(`Saved ${file}`);
}
