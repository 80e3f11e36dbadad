import path from 'node:path';
import { isObject, ModelError } from '../models/index.ts';
import { decodeYaml } from './format.ts';
import type { BootEnv, Template } from './known.ts';
import type { Objects } from './objects.ts';
import type { CallOptions } from './request.ts';

/**
 * Creates or replaces a template with the text in `file`. Default `id`: the name of the file. Throws ModelError 400
 * when the file cannot be read.
 */
export async function installTemplate(
  templates: Objects<Template>,
  file: string,
  id = path.basename(file),
  options: CallOptions = {},
): Promise<Template> {
  const Contents = await readText(file, 'templates');
  if (!(await templates.exists(id, options))) return templates.create({ ID: id, Contents }, options);
  const template = await templates.get(id, options);
  return template.Contents === Contents ? template : templates.put(id, { ...template, Contents }, options);
}

/**
 * Creates the boot environment described in `file` (YAML or JSON). Before it, creates the templates that it names by
 * ID, and those next to it: `*.tmpl` in the same folder, or, when that is called `bootenvs`, all files of its sibling
 * folder `templates`. An existing boot environment is returned unchanged.
 */
export async function installBootEnv(
  bootEnvs: Objects<BootEnv>,
  templates: Objects<Template>,
  file: string,
  options: CallOptions = {},
): Promise<BootEnv> {
  const description = await readDescription(file);
  const { Name } = description;
  if (typeof Name !== 'string' || Name === '') throw problem('bootenvs', file, 'Name is missing');
  if (await bootEnvs.exists(Name, options)) return bootEnvs.get(Name, options);
  for (const template of await templatesOf(description, file)) {
    await installTemplate(templates, template, undefined, options);
  }
  return bootEnvs.create(description, options);
}

async function readDescription(file: string): Promise<Partial<BootEnv>> {
  const value = await decodeYaml(await readText(file, 'bootenvs')).catch((error: unknown) => {
    throw problem('bootenvs', file, error);
  });
  if (!isObject(value)) throw problem('bootenvs', file, 'expected an object');
  const templates = value.Templates ?? [];
  if (!Array.isArray(templates) || !templates.every(hasId)) {
    throw problem('bootenvs', file, 'Templates: expected a list of objects, with text as ID');
  }
  return value;
}

async function templatesOf(description: Partial<BootEnv>, file: string): Promise<Set<string>> {
  const folder = path.dirname(path.resolve(file));
  const inPack = path.basename(folder) === 'bootenvs';
  const beside = inPack ? path.join(path.dirname(folder), 'templates') : folder;
  const { readdir } = await import('node:fs/promises');
  const entries = await readdir(beside, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw problem('bootenvs', beside, error);
  });
  const found = entries
    .filter((entry) => !entry.isDirectory() && (inPack || entry.name.endsWith('.tmpl')))
    .map((entry) => entry.name);
  const named = (description.Templates ?? []).map(({ ID }) => ID).filter(Boolean);
  for (const name of named) requireFileName('templates', name);
  return new Set([...named, ...found].map((name) => path.join(beside, name)));
}

/** Throws ModelError 400 for a name with a path: a description must not reach files outside of its folder. */
export function requireFileName(model: string, name: string): void {
  if (path.basename(name) !== name || name === '..') throw problem(model, name, 'must be the name of a file');
}

function hasId(template: unknown): boolean {
  return isObject(template) && typeof (template.ID ?? '') === 'string';
}

async function readText(file: string, model: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw problem(model, file, error);
  }
}

/** `reason` is a text, or the caught error. */
function problem(model: string, file: string, reason: unknown): ModelError {
  const details = { type: 'CLIENT_ERROR', model };
  if (!(reason instanceof Error)) return new ModelError(400, `${file}: ${reason}`, details);
  const text = reason instanceof ModelError ? reason.messages[0] : reason.message;
  return new ModelError(400, `${file}: ${text}`, { ...details, cause: reason });
}
