import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bundle, type ContentObject, readStore } from '../../lib/content/index.ts';

const run = promisify(execFile);

/** One template of a task as the machine gets it: a file when it has a path, otherwise a script to run. */
export interface RenderedTemplate {
  Name: string;
  Path: string;
  Contents: string;
}

export const MACHINE = {
  Name: 'm1.example.com',
  Uuid: '6e703114-2a1c-4b6c-8f0e-6a3a3b1f2d11',
  Address: '192.0.2.10',
};

/** A content pack whose tasks can be rendered, with the template engine that the endpoint itself uses (Go's). */
export interface TaskRenderer {
  pack: Bundle;
  /** The task's templates for a machine that has `params`, besides the defaults of the pack's params. */
  render(task: string, params: Record<string, unknown>): Promise<RenderedTemplate[]>;
  /** What `params` are once the pack's defaults are filled in. */
  withDefaults(params: Record<string, unknown>): Record<string, unknown>;
  close(): Promise<void>;
}

/** The programs that are missing here, as a reason to skip a test, or undefined. */
export async function missing(...programs: string[]): Promise<string | undefined> {
  const lacking: string[] = [];
  for (const program of programs) {
    await run('sh', ['-c', 'command -v "$0"', program]).catch(() => lacking.push(program));
  }
  return lacking.length > 0 ? `${lacking.join(', ')} not installed` : undefined;
}

/** Compiles the renderer, which takes Go's compiler, and reads the pack `name`. */
export async function openRenderer(name: string): Promise<TaskRenderer> {
  const folder = await mkdtemp(join(tmpdir(), 'render-'));
  const program = join(folder, 'render');
  await run('go', ['build', '-o', program, join(import.meta.dirname, 'render.go')], {
    env: { HOME: folder, ...process.env, GO111MODULE: 'off', GOFLAGS: '', CGO_ENABLED: '0' },
  });
  const { bundle: pack } = await readStore(join(import.meta.dirname, '../../content', name));
  const { params = {}, tasks = {}, templates = {} } = pack.sections;
  const contents = Object.fromEntries(Object.entries(templates).map(([id, { Contents }]) => [id, Contents]));
  const withDefaults = (given: Record<string, unknown>) => ({ ...defaultsOf(params), ...given });
  return {
    pack,
    withDefaults,
    render: async (task, given) => {
      const rendering = run(program, { maxBuffer: 1 << 24 });
      rendering.child.stdin?.end(
        JSON.stringify({
          Templates: contents,
          Task: tasks[task]?.Templates,
          Params: withDefaults(given),
          Machine: MACHINE,
        }),
      );
      return JSON.parse((await rendering).stdout);
    },
    close: () => rm(folder, { recursive: true, force: true }),
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
