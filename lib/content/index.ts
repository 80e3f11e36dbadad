export { type Bundle, type ContentObject, META_FIELDS } from './bundle.ts';
export { parseBundle, readBundle, writeBundle } from './bundle-file.ts';
export { DOCUMENT_FORMATS, type DocumentFormat, documentBundle } from './document.ts';
export { contentModule, writeWhenChanged } from './module.ts';
export { keyField } from './object-types.ts';
export { type Problem, refuseProblems } from './problem.ts';
export { readStore, type StoreContents, type StoreOptions } from './store.ts';
export { type UnbundleOptions, unbundle } from './unbundle.ts';
export { formatYaml } from './yaml.ts';
