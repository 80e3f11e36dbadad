export { makeFolder } from './make-folder.ts';
export { syncFolder, writeDurably, writeWhenChanged, writeWhole } from './write-whole.ts';
