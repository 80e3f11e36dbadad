export { makeFolder } from './make-folder.ts';
export { writeWhenChanged, writeWhole } from './write-whole.ts';
