import type { RawModel } from '../../../models/index.ts';
import { checkTemplate } from '../../../template/index.ts';
import type { Lookup } from '../lookup.ts';
import type { Part } from './prefix.ts';

/** A template of a task, stage or boot environment (`models.TemplateInfo`): written out, or another by its ID. */
export interface TemplateInfo {
  Name: string;
  Path: string;
  Link: string;
  ID: string;
  Contents: string;
  Meta: Record<string, string>;
}

export const TEMPLATES: Part = {
  holds: 'list',
  shape: { fields: { Name: '', Path: '', Link: '', ID: '', Contents: '', Meta: {} } },
};

export function templatesOf(object: RawModel): TemplateInfo[] {
  return object.Templates as TemplateInfo[];
}

/** What is wrong with the templates in themselves. Those of a task may have no path: they are scripts then. */
export function checkTemplates(object: RawModel, needsPath: boolean): string[] {
  const problems: string[] = [];
  const names = new Map<string, number>();
  for (const [at, { Name, Path, Link, ID, Contents }] of templatesOf(object).entries()) {
    if (Name === '') problems.push(`Template[${at}] is missing a Name`);
    if (needsPath && Path === '') problems.push(`Template[${at}] is missing a Path`);
    if (Contents === '' && ID === '' && Link === '')
      problems.push(`Template[${at}] must have either an ID, a Link, or Contents set`);
    if (Contents !== '' && ID !== '') problems.push(`Template[${at}] has both an ID and Contents`);
    if (ID === '' && Link !== '' && Path === '')
      problems.push(`Templates[${at}]: Path is empty but link is specified ${Name}`);
    const first = names.get(Name);
    if (first !== undefined) problems.push(`Template ${at} and ${first} have the same name ${Name}`);
    else names.set(Name, at);
  }
  return [...problems, ...templatesOf(object).flatMap(syntaxProblems)];
}

/** What of a template does not parse. */
function syntaxProblems({ Name, Path, Link, ID, Contents }: TemplateInfo): string[] {
  const problems: string[] = [];
  const path = checkTemplate(Name, Path);
  if (path !== undefined) problems.push(`Error compiling path template ${Name} (${Path}): ${path.message}`);
  if (ID !== '') return problems;
  const link = checkTemplate(Name, Link);
  if (link !== undefined) problems.push(`Error compiling link template ${Name} (${Link}): ${link.message}`);
  // dr-provision puts the contents into a definition, in which there can be no other.
  const contents = checkTemplate(Name, `{{define ${JSON.stringify(Name)}}}${Contents}{{end}}`);
  if (contents !== undefined) problems.push(`Error parsing inline templates: ${contents.message}`);
  return problems;
}

/** What is wrong with a template of its own (`templates`). */
export function checkOwnTemplate({ ID, Contents }: RawModel): string[] {
  const problem = checkTemplate(String(ID), String(Contents));
  return problem === undefined ? [] : [`Parse error for template ${ID}: ${problem.message}`];
}

/** What is wrong with the kernel parameters of a boot environment, if anything. */
export function checkBootParams(architecture: string, text: string): string[] {
  const problem = checkTemplate('machine', text);
  if (problem === undefined) return [];
  return [`Error compiling boot parameter template for arch ${architecture}: ${problem.message}`];
}

/** Templates that are named by their ID and are not there. */
export function missingTemplates(object: RawModel, store: Lookup): string[] {
  return templatesOf(object).flatMap(({ ID }, at) =>
    ID === '' || store.exists('templates', ID) ? [] : [`Templates[${at}]: No common template for ${ID}`],
  );
}
