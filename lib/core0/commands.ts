import { isObject, jsonFrom, ModelError, type RawModel, UNIQUE_ITEMS } from '../models/index.ts';

export interface CommandContext {
  /** Aborted at the command's limit, and at SIGTERM and SIGINT. */
  signal: AbortSignal;
}

/** Does a command, and returns what JSON can hold. What it throws is the answer, as its message. */
export type CommandHandler<Input = unknown> = (input: Input, context: CommandContext) => unknown;

/** A command with more than a handler. */
export interface CommandDeclaration<Input = unknown> {
  /** JSON Schema (draft 4) of the input. Without it any JSON is taken, and null if the call has no input. */
  schema?: RawModel;
  /** How long the command may take, in milliseconds; 60 s unless given. */
  limitMs?: number;
  run: CommandHandler<Input>;
}

export interface ContainerPluginOptions {
  /** Where the executable lies in the container's image: `/bin/NAME` unless given. */
  path?: string;
  /** Calls of one command come one after the other. */
  queue?: boolean;
}

/** The commands of a container plugin of 0-core, as `commands` returns them. */
export interface ContainerPlugin extends ContainerPluginOptions {
  readonly commands: ReadonlyMap<string, CommandDeclaration<never>>;
}

const LIMIT_MS = 60_000;

/** A command with typed input: `Input` is what `schema` lets through. */
export function command<Input>(declaration: CommandDeclaration<Input>): CommandDeclaration<Input> {
  return declaration;
}

/**
 * Does the command of a command line, given without node and script: `COMMAND JSON`. The JSON is the input only when there
 * are exactly these two words; it is null otherwise, as in 0-core. Rejects with what goes wrong.
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
    // The schema, or the author's word for a command without a schema, says that the input is of the handler's type.
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
