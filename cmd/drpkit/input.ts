import { isObject, ModelError } from '../../lib/models/index.ts';

/**
 * The value that an argument stands for: `-` for what comes on stdin, the name of a file for what is in it, and otherwise
 * the argument itself; JSON or YAML. Throws ModelError 400.
 */
export async function readInput(source: string): Promise<unknown> {
  return parseInput(await textOf(source));
}

/** Like `readInput`, for what must be an object; nothing stands for an empty one. `what` is for the error. */
export async function readObject(source: string, what: string): Promise<Record<string, unknown>> {
  const value = (await readInput(source)) ?? {};
  if (isObject(value)) return value;
  const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new ModelError(400, `${what}: expected an object, found ${found}`);
}

/** The value of a JSON or YAML text. Throws ModelError 400. */
export async function parseInput(text: string): Promise<unknown> {
  const { decodeYaml } = await import('../../lib/api/index.ts');
  try {
    return await decodeYaml(text);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(400, `Unable to unmarshal input stream: ${error.messages[0]}`, { cause: error });
  }
}

async function textOf(source: string): Promise<string> {
  if (source === '-') {
    const { text } = await import('node:stream/consumers');
    return text(process.stdin);
  }
  const { readFile, stat } = await import('node:fs/promises');
  // Not all texts can be names of files.
  const file = await stat(source).catch(() => undefined);
  if (file?.isFile() !== true) return source;
  return readFile(source, 'utf8').catch((error: unknown) => {
    throw new ModelError(400, `Cannot read ${source}: ${error instanceof Error ? error.message : error}`);
  });
}
