import { ModelError } from '../../models/index.ts';
import { fromBytes, toBytes } from '../bytes.ts';
import { TemplateError } from '../error.ts';
import { clean } from '../functions/paths.ts';
import { quote } from '../quote.ts';
import { Templates } from '../templates.ts';
import { RenderData } from './render-data.ts';
import type { RenderSources } from './sources.ts';

/**
 * A template of a task, stage or boot environment (`models.TemplateInfo`): inline text, a reference by ID, or a link to
 * a file.
 */
export interface TemplateInfo {
  Name: string;
  Path?: string;
  ID?: string;
  Contents?: string;
  Link?: string;
  Meta?: Record<string, string> | null;
}

/** The object whose templates are rendered. */
export interface RenderTarget {
  readonly prefix: 'tasks' | 'stages' | 'bootenvs';
  readonly key: string;
  readonly templates: readonly TemplateInfo[];
  readonly requiredParams?: readonly string[];
  /** Selects the templates to render; default all. The others can still be included. */
  wanted?(template: TemplateInfo): boolean;
}

export interface RenderedTemplate {
  Name: string;
  /** Empty for a script of a task. */
  Path: string;
  Contents: string;
  /** The target of a link, which has no contents. */
  Link?: string;
  Meta: Record<string, string>;
}

/**
 * Renders the templates of a task, stage or boot environment, as dr-provision does for a machine. `common` are all
 * templates of the endpoint by ID; inline templates are added by name. Paths are rendered as well, and are absolute
 * except for tasks.
 *
 * Throws ModelError 422 with all errors: invalid or missing templates, missing params, failed renderings.
 */
export function renderTarget(
  target: RenderTarget,
  common: Templates,
  sources: RenderSources,
): RenderedTemplate[] {
  const problems: string[] = [];
  const attempt = <Result>(problem: string, does: () => Result): Result | undefined => {
    try {
      return does();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      problems.push(problem === '' ? error.message : `${problem}: ${error.message}`);
      return undefined;
    }
  };
  const templates = common.copy();
  for (const [index, { Name, ID = '', Contents = '', Link = '' }] of target.templates.entries()) {
    if (ID !== '') {
      if (!common.has(ID)) problems.push(`Templates[${index}]: No common template for ${ID}`);
      continue;
    }
    if (Link !== '') continue;
    // dr-provision wraps the contents in a definition, which cannot contain another one.
    const definition = `{{define ${fromBytes(quote(toBytes(Name)))}}}${Contents}{{end}}`;
    attempt('Error parsing inline templates', () => templates.parse(Name, definition));
  }
  for (const name of target.requiredParams ?? []) {
    if (sources.param(name) === undefined)
      problems.push(`Missing required parameter ${name} for ${target.prefix} ${target.key}`);
  }
  if (problems.length > 0) throw refusal(target, problems);
  const data = new RenderData(sources, templates);
  const wanted = target.templates.filter((template) => target.wanted?.(template) !== false);
  const rendered = wanted.flatMap(({ Name, Path = '', ID = '', Link = '', Meta }) => {
    const inline = (what: string, text: string) =>
      attempt(`Error rendering template ${Name} ${what} ${text}`, () => renderText(Name, text, data));
    const path = Path === '' ? '' : inline('path', Path);
    if (path === undefined) return [];
    data.path = Path === '' ? '' : cleanPath(target.prefix, path);
    const common = { Name, Path: data.path, Meta: Meta ?? {} };
    if (ID === '' && Link !== '') {
      const link = inline('link', Link);
      return link === undefined ? [] : [{ ...common, Contents: '', Link: link }];
    }
    const text = attempt('', () => templates.render(ID === '' ? Name : ID, data.dot));
    return text === undefined ? [] : [{ ...common, Contents: text }];
  });
  if (problems.length > 0) throw refusal(target, problems);
  return rendered;
}

/** The rendered path of a template of a stage or boot environment. Throws TemplateError when it cannot be rendered. */
export function renderPath({ Name, Path = '' }: TemplateInfo, sources: RenderSources): string {
  return cleanPath('stages', renderText(Name, Path, new RenderData(sources, new Templates())));
}

/** Renders a path or a link, which cannot include other templates. */
function renderText(name: string, text: string, data: RenderData): string {
  const templates = new Templates();
  templates.parse(name, text);
  return templates.render(name, data.dot);
}

function cleanPath(prefix: RenderTarget['prefix'], path: string): string {
  const text = toBytes(path);
  return fromBytes(clean(prefix === 'tasks' ? text : `/${text}`));
}

function refusal({ prefix, key }: RenderTarget, problems: readonly string[]): ModelError {
  return new ModelError(422, problems, { model: prefix, key, type: 'ValidationError' });
}
