export { type Bundle, type ContentObject, META_FIELDS } from './bundle.ts';
export { contentModule, writeWhenChanged } from './generate.ts';
export { readStore, type StoreOptions } from './store.ts';
export { formatYaml, parseYaml } from './yaml.ts';
