import type { RawModel } from '../../../models/index.ts';
import { checkTemplate } from '../../../template/index.ts';
import type { Lookup } from '../lookup.ts';
import type { Part } from './prefix.ts';

/** A template of a task, stage or boot environment (`models.TemplateInfo`): inline text, or a reference by ID. */
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

/** Problems of inline templates. Those of a task may lack a path: they are scripts. */
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

/** The syntax error of a template, if any. */
function syntaxProblems({ Name, Path, Link, ID, Contents }: TemplateInfo): string[] {
  const problems: string[] = [];
  const path = checkTemplate(Name, Path);
  if (path !== undefined) problems.push(`Error compiling path template ${Name} (${Path}): ${path.message}`);
  if (ID !== '') return problems;
  const link = checkTemplate(Name, Link);
  if (link !== undefined) problems.push(`Error compiling link template ${Name} (${Link}): ${link.message}`);
  // dr-provision wraps the contents in a definition, which cannot contain another one.
  const contents = checkTemplate(Name, `{{define ${JSON.stringify(Name)}}}${Contents}{{end}}`);
  if (contents !== undefined) problems.push(`Error parsing inline templates: ${contents.message}`);
  return problems;
}

/** Problems of a template object (`templates`). */
export function checkOwnTemplate({ ID, Contents }: RawModel): string[] {
  const problem = checkTemplate(String(ID), String(Contents));
  return problem === undefined ? [] : [`Parse error for template ${ID}: ${problem.message}`];
}

/** The syntax error of a boot environment's kernel parameters, if any. */
export function checkBootParams(architecture: string, text: string): string[] {
  const problem = checkTemplate('machine', text);
  if (problem === undefined) return [];
  return [`Error compiling boot parameter template for arch ${architecture}: ${problem.message}`];
}

/** Templates referenced by ID that do not exist. */
export function missingTemplates(object: RawModel, store: Lookup): string[] {
  return templatesOf(object).flatMap(({ ID }, at) =>
    ID === '' || store.exists('templates', ID) ? [] : [`Templates[${at}]: No common template for ${ID}`],
  );
}
