import type { Expression, Node, SourceFile } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';

/** A message that the sources answer or log; `…` stands for what is put in. */
export interface Message {
  /** The code of the error; `log` for a line that is logged as a warning or an error; `any` when it is not known, or there is none. */
  code: string;
  text: string;
  /** `lib/models/json.ts:2` */
  place: string;
}

/** The code that an error is made with, as a number in the call or as a constant. */
const CODE = /^[45]\d\d$/;
const GAP = '…';

/**
 * The messages of errors and log lines below some folders of the project in `root`: what follows a code of 4xx or 5xx in a
 * call (`refusal(404, 'No such action')`, `new ModelError(...)`, `service.error(...)`) or stands beside one in a table
 * (`{ code: 504, says: '...' }`, `[504, '...']`), and what `log.warn` and `log.error` are given. Of several lines it is the first.
 */
export function messages(root: string, folders: readonly string[]): Message[] {
  const found: Message[] = [];
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] });
    const program = snapshot.getProjects()[0]?.program;
    const sources: { file: string; source: SourceFile }[] = [];
    for (const name of program?.getSourceFileNames() ?? []) {
      const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : '';
      if (!folders.some((folder) => `${file}/`.startsWith(`${folder}/`)) || file.endsWith('.generated.ts'))
        continue;
      const source = program?.getSourceFile(name);
      if (source !== undefined) sources.push({ file, source });
    }
    const tables = new Map<string, Node>();
    for (const { source } of sources) walk(source, (node) => noteTable(node, tables));
    for (const { file, source } of sources) {
      const constants = new Map<string, Node>(tables);
      walk(source, (node) => noteConstant(node, constants));
      const reader = new Reader(constants);
      walk(source, (node) => {
        const code = reader.codeOf(node);
        if (code === undefined) return;
        const line = source.text.slice(0, node.end).split('\n').length;
        for (const text of reader.said(node)) found.push({ code, text, place: `${file}:${line}` });
      });
    }
  } finally {
    api.close();
  }
  return found;
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}

/** `PROBLEMS.silent`: entries of constant objects, whose names are in capitals. */
function noteTable(node: Node, tables: Map<string, Node>): void {
  if (!is.isVariableDeclaration(node) || !is.isIdentifier(node.name) || !/^[A-Z_]+$/.test(node.name.text))
    return;
  const value =
    node.initializer && is.isAsExpression(node.initializer) ? node.initializer.expression : node.initializer;
  if (value === undefined || !is.isObjectLiteralExpression(value)) return;
  for (const entry of value.properties)
    if (is.isPropertyAssignment(entry) && is.isIdentifier(entry.name))
      tables.set(`${node.name.text}.${entry.name.text}`, entry.initializer);
}

/** Constants and functions by their names. */
function noteConstant(node: Node, constants: Map<string, Node>): void {
  const value = is.isVariableDeclaration(node) ? node.initializer : node;
  if (!is.isVariableDeclaration(node) && !is.isFunctionDeclaration(node)) return;
  const name = node.name !== undefined && is.isIdentifier(node.name) ? node.name.text : '';
  if (value !== undefined && !constants.has(name)) constants.set(name, value);
}

/** What a function may return. */
function returned(node: Node): Expression[] {
  const found: Expression[] = [];
  walk(node, (inner) => {
    if (is.isReturnStatement(inner) && inner.expression !== undefined) found.push(inner.expression);
  });
  return found;
}

/** Reads the expressions of one file. */
class Reader {
  readonly #constants: ReadonlyMap<string, Node>;

  constructor(constants: ReadonlyMap<string, Node>) {
    this.#constants = constants;
  }

  /** Undefined for what makes no message. */
  codeOf(node: Node): string | undefined {
    if (is.isObjectLiteralExpression(node))
      return this.#property(node, 'says') && this.#code(this.#property(node, 'code'));
    if (is.isArrayLiteralExpression(node)) return this.#code(node.elements[0]);
    if (!is.isCallExpression(node) && !is.isNewExpression(node)) return undefined;
    const maker = node.expression.getText();
    const given = [...(node.arguments ?? [])];
    if (/(^|\.|#)log\??\.(warn|error)$/.test(maker)) return 'log';
    if (/(^|\.|#)log$/.test(maker) && /^'(warn|error)'$/.test(given[0]?.getText() ?? '')) return 'log';
    const code = given.map((argument) => this.#code(argument)).find((one) => one !== undefined);
    return code ?? (/^(ModelError|refusal|UsageError)$/.test(maker) ? 'any' : undefined);
  }

  said(node: Node): string[] {
    if (is.isObjectLiteralExpression(node)) return this.#texts(this.#property(node, 'says'));
    if (is.isArrayLiteralExpression(node)) return this.#texts(node.elements[1]);
    if (!is.isCallExpression(node) && !is.isNewExpression(node)) return [];
    const given = [...(node.arguments ?? [])];
    const isLevel = /(^|\.|#)log$/.test(node.expression.getText());
    const first = isLevel ? 1 : given.findIndex((argument) => this.#code(argument) !== undefined) + 1;
    for (const argument of given.slice(first)) {
      const texts = this.#texts(argument);
      if (texts.length > 0) return texts;
    }
    return [];
  }

  #property(node: Node, name: string): Node | undefined {
    if (!is.isObjectLiteralExpression(node)) return undefined;
    for (const entry of node.properties) {
      if (is.isPropertyAssignment(entry) && entry.name.getText() === name) return entry.initializer;
      if (is.isShorthandPropertyAssignment(entry) && entry.name.getText() === name)
        return this.#constants.get(name);
    }
    return undefined;
  }

  #code(node: Node | undefined): string | undefined {
    const value = node !== undefined && is.isIdentifier(node) ? this.#constants.get(node.text) : node;
    return value !== undefined && is.isNumericLiteral(value) && CODE.test(value.text)
      ? value.text
      : undefined;
  }

  /** What an expression can be as text; nothing when that is not known. */
  #texts(node: Node | undefined, depth = 0): string[] {
    if (node === undefined || depth > 8) return [];
    const deeper = (next: Node | undefined) => this.#texts(next, depth + 1);
    if (is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node)) return [node.text];
    if (is.isTaggedTemplateExpression(node)) return deeper(node.template);
    if (is.isParenthesizedExpression(node)) return deeper(node.expression);
    if (is.isArrayLiteralExpression(node)) return deeper(node.elements[0]);
    if (is.isConditionalExpression(node)) return [...deeper(node.whenTrue), ...deeper(node.whenFalse)];
    if (is.isIdentifier(node) || is.isPropertyAccessExpression(node))
      return deeper(this.#constants.get(node.getText()));
    if (is.isCallExpression(node)) {
      const called = this.#constants.get(node.expression.getText());
      // One of another file changes what it is given, if at all, in what is put in.
      return deeper(called ?? node.arguments[0]);
    }
    if (is.isFunctionDeclaration(node)) return returned(node).flatMap(deeper);
    if (!is.isTemplateExpression(node)) return [];
    let texts = [node.head.text];
    for (const { expression, literal } of node.templateSpans) {
      const known = deeper(expression);
      const inside = known.length > 0 ? known : [GAP];
      texts = texts.flatMap((before) => inside.map((text) => `${before}${text}${literal.text}`));
    }
    return texts;
  }
}
