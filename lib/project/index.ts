export { versionOf } from './version.ts';
