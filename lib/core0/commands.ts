import { isObject, jsonFrom, ModelError, type RawModel, UNIQUE_ITEMS } from '../models/index.ts';

export interface CommandContext {
  /** Aborted after the command's time limit, and on SIGTERM and SIGINT. */
  signal: AbortSignal;
}

/** Runs a command and returns a value that JSON can hold. The message of a thrown error is the answer. */
export type CommandHandler<Input = unknown> = (input: Input, context: CommandContext) => unknown;

/** A command with options. */
export interface CommandDeclaration<Input = unknown> {
  /** JSON Schema (draft 4) of the input. Without it any JSON is accepted, and null when the call has no input. */
  schema?: RawModel;
  /** Time limit in ms; default 60 s. */
  limitMs?: number;
  run: CommandHandler<Input>;
}

export interface ContainerPluginOptions {
  /** Path of the executable in the container's image; default `/bin/NAME`. */
  path?: string;
  /** Run calls of one command one at a time. */
  queue?: boolean;
}

/** The declaration of a container plugin of 0-core, as `commands` returns it. */
export interface ContainerPlugin extends ContainerPluginOptions {
  readonly commands: ReadonlyMap<string, CommandDeclaration<never>>;
}

const LIMIT_MS = 60_000;

/** A command with typed input: `Input` must be the type that `schema` accepts. */
export function command<Input>(declaration: CommandDeclaration<Input>): CommandDeclaration<Input> {
  return declaration;
}

/**
 * Runs the command of a command line without node and script: `COMMAND JSON`. The JSON is only used when there are
 * exactly two words, as in 0-core; otherwise the input is null. Rejects with the error.
 */
export async function perform(
  plugin: ContainerPlugin,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<unknown> {
  const [name, argument] = argv;
  if (name === undefined) throw new ModelError(400, 'missing command');
  const declaration = plugin.commands.get(name);
  if (declaration === undefined) throw new ModelError(404, `unknown command: ${name}`);
  const input = argument !== undefined && argv.length === 2 ? parsed(argument) : null;
  if (declaration.schema !== undefined) await check(name, declaration.schema, input);
  const { limitMs = LIMIT_MS } = declaration;
  const limit = new AbortController();
  const late = new ModelError(504, `${name}: not done after ${limitMs / 1000} s`);
  const timer = setTimeout(() => limit.abort(late), limitMs);
  const either = AbortSignal.any([signal, limit.signal]);
  const aborted = new Promise<never>((_, reject) => {
    either.addEventListener('abort', () => reject(either.reason), { once: true });
  });
  try {
    // The type is ensured by the schema, or by the author for a command without one.
    return await Promise.race([declaration.run(input as never, { signal: either }), aborted]);
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text: string): unknown {
  try {
    return jsonFrom(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ModelError(400, `arguments: expected JSON: ${why}`, { cause });
  }
}

async function check(name: string, schema: RawModel, input: unknown): Promise<void> {
  const { default: Ajv } = await import('ajv-draft-04');
  const validate = new Ajv.default({ strict: false, allErrors: true })
    .removeKeyword(UNIQUE_ITEMS.keyword)
    .addKeyword(UNIQUE_ITEMS)
    .compile(schema);
  if (validate(input)) return;
  const problems = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = isObject(params) && 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
    return `arguments${instancePath.replaceAll('/', '.')}: ${message}${extra}`;
  });
  throw new ModelError(400, `${name}: ${problems.join('; ')}`);
}
