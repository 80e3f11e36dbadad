import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv-draft-04';
import { isPlainSchema, ModelError, UNIQUE_ITEMS } from '../models/index.ts';

/** A param object of a content pack. */
interface ContentParam {
  Schema?: AnySchemaObject | null;
  Secure?: boolean;
}

interface Rule {
  /** Undefined when any value is valid. */
  schema: AnySchemaObject | undefined;
  secure: boolean;
  /** The compiled schema, made at first use. */
  accepts?: ValidateFunction;
}

/** How many characters of a refused value the error shows. */
const SHOWN = 100;

/** What a content pack says about its params: schemas (JSON Schema draft 4), defaults, and which are secret. */
export class ParamRules {
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #compile: (schema: AnySchemaObject) => ValidateFunction;

  private constructor(
    rules: ReadonlyMap<string, Rule>,
    compile: (schema: AnySchemaObject) => ValidateFunction,
  ) {
    this.#rules = rules;
    this.#compile = compile;
  }

  /** Reads the rules from a pack that is embedded in an executable. Throws Error when the text is not a pack. */
  static async of(content: string): Promise<ParamRules> {
    const [{ readYaml }, { default: Ajv }] = await Promise.all([
      import('../yaml/index.ts'),
      import('ajv-draft-04'),
    ]);
    const pack = (readYaml(content) ?? {}) as { sections?: { params?: Record<string, ContentParam> } };
    const rules = new Map<string, Rule>();
    for (const [name, { Schema, Secure = false }] of Object.entries(pack.sections?.params ?? {})) {
      rules.set(name, { schema: Schema ?? undefined, secure: Secure });
    }
    const ajv = new Ajv.default({ strict: false, validateSchema: false })
      .removeKeyword(UNIQUE_ITEMS.keyword)
      .addKeyword(UNIQUE_ITEMS);
    return new ParamRules(rules, (schema) => {
      if (!isPlainSchema(schema)) ajv.validateSchema(schema, true);
      return ajv.compile(schema);
    });
  }

  /** The default of a param; undefined when it has none. */
  fallback(name: string): unknown {
    const value: unknown = this.#rules.get(name)?.schema?.default;
    return typeof value === 'object' && value !== null ? structuredClone(value) : value;
  }

  /** Whether the pack defines the param and does not mark it as secret. */
  isOpen(name: string): boolean {
    return this.#rules.get(name)?.secure === false;
  }

  /** Throws ModelError 400 that names the param, what was expected and, unless it is secret, the value. */
  check(params: Readonly<Record<string, unknown>>, except: readonly string[] = []): void {
    const problems: string[] = [];
    for (const name of Object.keys(params)) {
      const value = params[name];
      const rule = this.#rules.get(name);
      if (rule?.schema === undefined || except.includes(name)) continue;
      rule.accepts ??= this.#compile(rule.schema);
      const { accepts } = rule;
      if (accepts(value)) continue;
      const found = rule.secure ? '' : `, found ${(JSON.stringify(value) ?? 'nothing').slice(0, SHOWN)}`;
      for (const error of accepts.errors ?? [])
        problems.push(`Params.${name}: ${expectation(error)}${found}`);
    }
    if (problems.length > 0) throw new ModelError(400, problems, { type: 'plugin' });
  }
}

/** What a schema expected and where in the value: "/port must be integer", "must be one of a, b". */
function expectation({
  instancePath,
  message = 'is not as it must be',
  keyword,
  params,
}: ErrorObject): string {
  const expected = keyword === 'enum' ? `must be one of ${params.allowedValues.join(', ')}` : message;
  return `${instancePath} ${expected}`.trim();
}
