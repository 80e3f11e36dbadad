import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

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
  const found = nameIn(output);
  if (found === undefined) throw refusal('prints more than its definition', output);
  if (found !== name) throw refusal(`says the name ${found}, but the executable is ${name}`, '');
}

/** The name in a definition; undefined when the output is none. */
function nameIn(output: string): string | undefined {
  try {
    return String((JSON.parse(output) as { Name?: unknown }).Name);
  } catch {
    return undefined;
  }
}

function refusal(problem: string, output: string): Error {
  const lines = output.trim().split('\n').slice(0, 10).join('\n');
  return new Error(`endpoints would not take it: define ${problem}${lines && `\n${lines}`}`);
}
