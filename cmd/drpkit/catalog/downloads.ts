import type { CatalogItem, DownloadOptions } from '../../../lib/catalog/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Context } from '../context.ts';

const MIB = 1024 * 1024;
/** Interval of progress updates on a terminal, in ms. */
const TOLD_EVERY_MS = 200;

/** The download options in the flags. Throws ModelError 400. */
export function downloadsOf(context: Context, onProgress?: DownloadOptions['onProgress']): DownloadOptions {
  const largest = context.number('max-size') * MIB;
  if (largest <= 0) throw new ModelError(400, 'max-size: expected a number of MiB above 0');
  return { proxy: context.text('download-proxy') || undefined, largest, onProgress };
}

/** Reports the progress of a download on stderr: on a terminal by rewriting one line, otherwise only at its start. */
export function progressOf(
  context: Context,
  { Name, ActualVersion }: CatalogItem,
): DownloadOptions['onProgress'] {
  const what = `${Name} ${ActualVersion}`;
  if (!process.stderr.isTTY) {
    context.note(`Downloading ${what}`);
    return undefined;
  }
  let told = 0;
  return ({ transferred, total }) => {
    const ended = transferred === total;
    if (!ended && performance.now() - told < TOLD_EVERY_MS) return;
    told = performance.now();
    const of = total === undefined ? '' : ` of ${megabytes(total)}`;
    process.stderr.write(`\rDownloading ${what}: ${megabytes(transferred)}${of} MB${ended ? '\n' : ''}`);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
