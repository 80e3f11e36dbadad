import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { nearest, type PluginProvider, versionProblem } from '../../lib/models/index.ts';
import { readYaml } from '../../lib/yaml/index.ts';

const LIMIT_MS = 30_000;

/**
 * Runs `define` of the provider at `path` as a discovering endpoint does. Throws an Error that says why the endpoint
 * would refuse it.
 */
export async function checkDefine(path: string, name: string): Promise<void> {
  const child = spawn(path, ['define'], {
    // Endpoints read stderr together with stdout.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, RS_TOKEN: 'catalog' },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve('');
      else if (child.killed) resolve(`does not end within ${LIMIT_MS / 1000} s`);
      else resolve(signal === null ? `exits with code ${code}` : `is ended by ${signal}`);
    });
  });
  const [output, errors, problem] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (problem !== '') throw refusal(problem, `${output}${errors}`);
  if (errors !== '') throw refusal('prints on stderr', errors);
  const definition = definitionIn(output);
  const { Name, Version } = definition;
  if (Name !== name) throw refusal(`says the name ${Name}, but the executable is ${name}`, '');
  const wrong = versionProblem(String(Version ?? ''));
  if (wrong !== undefined) throw refusal(`says the Version ${wrong}`, '');
  const unknown = unknownParams(name, definition);
  if (unknown.length > 0) throw new Error(unknown.join('\n'));
}

/**
 * Params that a provider names and its content pack should define (by their prefix) but does not. Params of other packs
 * are not checked.
 */
function unknownParams(provider: string, definition: Partial<PluginProvider>): string[] {
  const pack = readYaml(String(definition.Content ?? '')) as { sections?: { params?: object } } | null;
  const known = Object.keys(pack?.sections?.params ?? {});
  const users = [
    { ...definition, user: 'the plugin' },
    ...(definition.AvailableActions ?? []).map((action) => ({ ...action, user: `action ${action.Command}` })),
  ];
  const uses = users.flatMap(({ user, RequiredParams, OptionalParams }) =>
    [...(RequiredParams ?? []), ...(OptionalParams ?? [])].map((param) => ({ user, param })),
  );
  return uses.flatMap(({ user, param }) => {
    if (known.includes(param)) return [];
    const meant = nearest(param, known);
    if (meant.length === 0 && !param.startsWith(`${provider}/`)) return [];
    const hint = meant.length === 0 ? `write content/${provider}/params` : `it has ${meant.join(', ')}`;
    return [`${user}: the content pack has no param ${param}: ${hint}`];
  });
}

/** Throws an Error when the output is not exactly one definition. */
function definitionIn(output: string): Partial<PluginProvider> {
  try {
    return Object(JSON.parse(output));
  } catch {
    throw refusal('prints more than its definition', output);
  }
}

function refusal(problem: string, output: string): Error {
  const lines = output.trim().split('\n').slice(0, 10).join('\n');
  return new Error(`endpoints would not take it: define ${problem}${lines && `\n${lines}`}`);
}
