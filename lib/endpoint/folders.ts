import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../files/index.ts';

/** Where an endpoint keeps its files. */
export interface Folders {
  root: string;
  /** What the static file server serves. */
  webRoot: string;
  files: string;
  plugins: string;
  jobLogs: string;
  /** The working folder of all plugins. Created with the first of them. */
  pluginScratch: string;
}

/** Creates the folders of an endpoint in `root`. */
export async function makeFolders(root: string): Promise<Folders> {
  const webRoot = join(root, 'tftpboot');
  const folders = {
    root,
    webRoot,
    files: join(webRoot, 'files'),
    plugins: join(root, 'plugins'),
    jobLogs: join(root, 'job-logs'),
    pluginScratch: join(root, 'plugin-tmp'),
  };
  await makeFolder(root, 0o700);
  for (const folder of [folders.plugins, folders.files, join(webRoot, 'isos')])
    await makeFolder(folder, 0o755);
  await makeFolder(folders.jobLogs, 0o700);
  return folders;
}

/**
 * The folder for the plugins' sockets. Not below `root`, since the path of a socket is limited to 107 bytes. Its name
 * is derived from `root`, so that the next start removes what a killed endpoint has left.
 */
export async function makeCommunicationDirectory(root: string): Promise<string> {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const directory = join(tmpdir(), `drp-${name}`);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { mode: 0o700 });
  return directory;
}
