import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bundle, type ContentObject, readStore } from '../../lib/content/index.ts';
import {
  type RenderedTemplate,
  renderTarget,
  type TemplateInfo,
  Templates,
} from '../../lib/template/index.ts';

const run = promisify(execFile);

export const MACHINE = {
  Name: 'm1.example.com',
  Uuid: '6e703114-2a1c-4b6c-8f0e-6a3a3b1f2d11',
  Address: '192.0.2.10',
};

const URLS = {
  ProvisionerAddress: '192.0.2.1',
  ProvisionerURL: 'http://192.0.2.1:8091',
  SecureProvisionerURL: 'https://192.0.2.1:8090',
  ApiURL: 'https://192.0.2.1:8092',
  ProvisionerHostURL: 'http://drp.example.com:8091',
  SecureProvisionerHostURL: 'https://drp.example.com:8090',
  ApiHostURL: 'https://drp.example.com:8092',
};

/** A content pack whose tasks can be rendered, with the engine of the development endpoint. */
export interface TaskRenderer {
  pack: Bundle;
  /** The task's templates for a machine with that OS that has `params`, besides the defaults of the pack's params. */
  render(task: string, params: Record<string, unknown>, os?: string): RenderedTemplate[];
  /** What `params` are once the pack's defaults are filled in. */
  withDefaults(params: Record<string, unknown>): Record<string, unknown>;
}

/** The programs that are missing here, as a reason to skip a test, or undefined. */
export async function missing(...programs: string[]): Promise<string | undefined> {
  const lacking: string[] = [];
  for (const program of programs) {
    await run('sh', ['-c', 'command -v "$0"', program]).catch(() => lacking.push(program));
  }
  return lacking.length > 0 ? `${lacking.join(', ')} not installed` : undefined;
}

/** Reads the pack `name`. */
export async function openRenderer(name: string): Promise<TaskRenderer> {
  const { bundle: pack } = await readStore(join(import.meta.dirname, '../../content', name));
  const { params = {}, tasks = {}, templates = {} } = pack.sections;
  const common = new Templates();
  for (const [id, { Contents }] of Object.entries(templates)) common.parse(id, String(Contents));
  const withDefaults = (given: Record<string, unknown>) => ({ ...defaultsOf(params), ...given });
  return {
    pack,
    withDefaults,
    render: (key, given, os = 'linux') => {
      const known = new Map(Object.entries(withDefaults(given)));
      const task = tasks[key] ?? {};
      const target = { prefix: 'tasks', key, templates: task.Templates as TemplateInfo[] } as const;
      const rendered = renderTarget(target, common, {
        machine: MACHINE,
        task,
        param: (param) => known.get(param),
        composedParam: (param) => known.get(param),
        urls: URLS,
        token: ({ kind }) => `token-${kind}`,
        info: () => ({}),
      });
      return rendered.filter(({ Meta: { OS = os } }) => OS.split(',').includes(os));
    },
  };
}

function defaultsOf(params: Record<string, ContentObject>): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [name, { Schema }] of Object.entries(params)) {
    const schema = Schema as Record<string, unknown>;
    if ('default' in schema) defaults[name] = schema.default;
  }
  return defaults;
}
