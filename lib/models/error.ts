/**
 * The error object of the Digital Rebar API (`models.Error`).
 *
 * `Code` is the HTTP status, `Model` and `Key` name the object (for example `machines` and a UUID), `Type` tells where
 * the error arose, `Messages` are for people.
 */
export interface ModelErrorJson {
  Model: string;
  Key: string;
  Type: string;
  Messages: string[] | null;
  Code: number;
}

export interface ModelErrorDetails {
  model?: string;
  key?: string;
  type?: string;
  cause?: unknown;
}

/**
 * An expected failure. When a handler throws it, it is sent to the endpoint and the operator unchanged, with `code` as
 * the HTTP status.
 *
 *     throw new ModelError(404, 'Invalid mode: ilo', { model: 'plugin', key: 'ipmi', type: 'plugin' });
 */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: number;
  readonly messages: string[];
  readonly model: string;
  readonly key: string;
  readonly type: string;

  constructor(code: number, messages: string | readonly string[], details: ModelErrorDetails = {}) {
    const list = typeof messages === 'string' ? [messages] : [...messages];
    const { model = '', key = '', type = '', cause } = details;
    super(errorText({ Model: model, Key: key, Type: type, Messages: list, Code: code }), { cause });
    this.code = code;
    this.messages = list;
    this.model = model;
    this.key = key;
    this.type = type;
  }

  toJSON(): ModelErrorJson {
    return {
      Model: this.model,
      Key: this.key,
      Type: this.type,
      Messages: this.messages.length > 0 ? this.messages : null,
      Code: this.code,
    };
  }

  /**
   * The error in `value`, when it has the shape of a `models.Error` (a whole number as Code, and a Type or Messages).
   */
  static from(value: unknown): ModelError | undefined {
    try {
      return ModelError.#from(value);
    } catch {
      // A getter or a Proxy trap may throw.
      return undefined;
    }
  }

  static #from(value: unknown): ModelError | undefined {
    if (value instanceof ModelError) return value;
    if (typeof value !== 'object' || value === null) return undefined;
    const { Model, Key, Type, Messages, Code } = value as Partial<Record<keyof ModelErrorJson, unknown>>;
    if (typeof Code !== 'number' || !Number.isSafeInteger(Code) || !('Type' in value || 'Messages' in value))
      return undefined;
    const messages = Array.isArray(Messages) ? Messages.map(messageText) : [];
    return new ModelError(Code, messages, { model: text(Model), key: text(Key), type: text(Type) });
  }
}

/** Items of a message list may have any type: an object from JSON can have a `toString` that is not a function. */
function messageText(value: unknown): string {
  return Object(value) === value ? Object.prototype.toString.call(value) : String(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * The text of an error: `Type: Model/Key: message`, or with several messages one per line, indented by two spaces.
 * Empty parts are left out. As `models.Error.Error` of the Go package.
 */
function errorText(error: ModelErrorJson): string {
  const { Type, Model, Key, Messages } = error;
  const about = Model !== '' && Key !== '' ? `${Model}/${Key}` : Model || Key;
  const head = [Type, about].filter((part) => part !== '').join(': ');
  const messages = Messages ?? [];
  if (messages.length === 1) return head === '' ? `${messages[0]}` : `${head}: ${messages[0]}`;
  const lines = messages.map((message) => `  ${message}`);
  return (head === '' ? lines : [head, ...lines]).join('\n');
}
