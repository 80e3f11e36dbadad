import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { versionProblem } from '../../lib/models/index.ts';

const LIMIT_MS = 30_000;

/**
 * Runs `define` of the provider at `path` as an endpoint does that looks for providers. Throws an Error that says why
 * the endpoint would not take it.
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
  const { Name, Version } = definitionIn(output);
  if (Name !== name) throw refusal(`says the name ${Name}, but the executable is ${name}`, '');
  const wrong = versionProblem(String(Version ?? ''));
  if (wrong !== undefined) throw refusal(`says the Version ${wrong}`, '');
}

/** Throws an Error when the output is not a definition and nothing else. */
function definitionIn(output: string): { Name?: unknown; Version?: unknown } {
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
