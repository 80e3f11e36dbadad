import { SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

/** A regular expression of the sources, and where it stands: `lib/models/json.ts:2`. */
interface Literal {
  expression: RegExp;
  places: string[];
}

export interface Literals {
  /** By what is written: `/a+/g`. */
  literals: Map<string, Literal>;
  /** The files in which expressions are made of text. */
  made: Set<string>;
}

/** The regular expressions below some folders of the project in `root`. */
export function regexLiterals(root: string, folders: readonly string[]): Literals {
  const literals = new Map<string, Literal>();
  const made = new Set<string>();
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] });
    const program = snapshot.getProjects()[0]?.program;
    for (const name of program?.getSourceFileNames() ?? []) {
      const file = name.startsWith(`${root}/`) ? name.slice(root.length + 1) : '';
      if (!folders.some((folder) => file.startsWith(`${folder}/`))) continue;
      const source = program?.getSourceFile(name);
      if (source === undefined) continue;
      const visit = (node: (typeof source.statements)[number]): void => {
        if (node.kind === SyntaxKind.RegularExpressionLiteral) {
          const text = node.getText(source);
          const literal = literals.get(text) ?? { expression: expressionIn(text), places: [] };
          literal.places.push(`${file}:${source.text.slice(0, node.end).split('\n').length}`);
          literals.set(text, literal);
        }
        if (node.kind === SyntaxKind.NewExpression && node.getText(source).startsWith('new RegExp('))
          made.add(file);
        node.forEachChild((child) => {
          visit(child as typeof node);
        });
      };
      source.statements.forEach(visit);
    }
  } finally {
    api.close();
  }
  return { literals, made };
}

function expressionIn(text: string): RegExp {
  const end = text.lastIndexOf('/');
  return new RegExp(text.slice(1, end), text.slice(end + 1));
}
