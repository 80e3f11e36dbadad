export { writeWhenChanged } from '../files/index.ts';
export { META_FIELDS } from '../models/index.ts';
export { formatYaml } from '../yaml/index.ts';
export type { Bundle, ContentObject } from './bundle.ts';
export { parseBundle, readBundle, writeBundle } from './bundle-file.ts';
export {
  type BundleArguments,
  type BundlizeOptions,
  bundleArguments,
  bundlize,
  convert,
  type ObjectSelection,
  type ObjectSource,
  type ObjectTarget,
} from './bundlize.ts';
export { DOCUMENT_FORMATS, type DocumentFormat, documentBundle, documentFiles } from './document.ts';
export { type Generated, generateContent } from './generate.ts';
export { contentModule } from './module.ts';
export { objectsInOrder } from './object-order.ts';
export { type Problem, refuseProblems } from './problem.ts';
export { readStore, type StoreContents, type StoreOptions } from './store.ts';
export { type UnbundleOptions, unbundle } from './unbundle.ts';
