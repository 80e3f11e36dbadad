export { addBuild, addPack, ownArch } from './add-files.ts';
export { type BuildOptions, buildCatalog, nextVersion } from './build.ts';
export {
  type Catalog,
  catalogPack,
  findItem,
  newest,
  type Offer,
  offers,
  only,
  readCatalog,
  versionOf,
} from './catalog.ts';
export { type DownloadOptions, downloadItem, fetchCatalog, parsePack } from './download.ts';
export { fileSum } from './file-sum.ts';
export { type CatalogItem, downloadUrl, fileName, type Platform, platforms, problemOf } from './item.ts';
