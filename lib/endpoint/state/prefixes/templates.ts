import type { RawModel } from '../../../models/index.ts';
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
  return problems;
}

/** Templates that are named by their ID and are not there. */
export function missingTemplates(object: RawModel, store: Lookup): string[] {
  return templatesOf(object).flatMap(({ ID }, at) =>
    ID === '' || store.exists('templates', ID) ? [] : [`Templates[${at}]: No common template for ${ID}`],
  );
}
