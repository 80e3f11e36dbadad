export type { DuplicateKey } from './construct.ts';
export { formatYaml } from './format.ts';
export { keyText, numberText } from './key-text.ts';
export { closestLine, type LineTree, partOf } from './line-tree.ts';
export { parseYaml, readYaml, type YamlDocument } from './read.ts';
export { YamlError } from './yaml-error.ts';
