import { isObject, ModelError } from '../../lib/models/index.ts';
import { download, isUrl } from './source.ts';

/**
 * The value of an argument: `-` reads stdin, a file name the file, an HTTP(S) URL its content; anything else is the
 * value itself. JSON or YAML. Throws ModelError.
 */
export async function readInput(source: string): Promise<unknown> {
  return parseInput(await readText(source));
}

/** Like `readInput`, for objects; an empty input means an empty object. `what` names it in errors. */
export async function readObject(source: string, what: string): Promise<Record<string, unknown>> {
  const value = (await parseInput(await readText(source), what)) ?? {};
  if (isObject(value)) return value;
  const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new ModelError(400, `${what}: expected an object, found ${found}`);
}

/** Parses JSON or YAML. Throws ModelError 400 that begins with `problem`. */
export async function parseInput(
  text: string,
  problem = 'Unable to unmarshal input stream',
): Promise<unknown> {
  const { decodeYaml } = await import('../../lib/api/index.ts');
  try {
    return await decodeYaml(text);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(400, `${problem}: ${error.messages[0]}`, { cause: error });
  }
}

/** The text of an argument, by the rules of `readInput`. */
export async function readText(source: string): Promise<string> {
  if (source === '-') {
    const { text } = await import('node:stream/consumers');
    return text(process.stdin);
  }
  if (isUrl(source)) {
    const { text } = await import('node:stream/consumers');
    return text(await download(source));
  }
  const { readFile, stat } = await import('node:fs/promises');
  // Some texts are not valid file names.
  const file = await stat(source).catch(() => undefined);
  if (file?.isFile() !== true) return source;
  return readFile(source, 'utf8').catch((error: unknown) => {
    throw new ModelError(400, `Cannot read ${source}: ${error instanceof Error ? error.message : error}`);
  });
}
