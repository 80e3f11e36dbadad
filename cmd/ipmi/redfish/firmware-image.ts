import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ModelError, refusal } from '../../../lib/models/index.ts';
import type { OutgoingStream } from '../../../lib/redfish/index.ts';
import { choiceParam, numberParam, type Params, textParam } from '../params.ts';

/** A firmware update to make. */
export interface FirmwareWish {
  /** A URL that the BMC fetches, or the path of an endpoint's file that is sent to it. */
  image: { url: string } | { file: string };
  /** URIs or Ids of what to update; empty: the BMC decides by the image. */
  targets: readonly string[];
  /** When to install it; undefined: the BMC's default. */
  applyTime: string | undefined;
  /** Time limit for the update in seconds; 0: do not wait. */
  seconds: number;
}

/** OperationApplyTime (DSP0266, Operation apply time). */
const APPLY_TIMES = [
  'Immediate',
  'OnReset',
  'AtMaintenanceWindowStart',
  'InMaintenanceWindowOnReset',
] as const;
const MOST_SECONDS = 86_400;
const SECONDS = 3_600;

/** The update in the params. Throws ModelError 400 that names the param. */
export function firmwareWish(params: Params): FirmwareWish {
  const url = optional(params, 'ipmi/firmware-url');
  const file = optional(params, 'ipmi/firmware-file');
  if ((url === '') === (file === '')) {
    throw refusal(400, 'ipmi/firmware-url, ipmi/firmware-file: expected one of them');
  }
  if (url !== '' && !(URL.canParse(url) && /^[a-z][a-z0-9+.-]{1,15}:\/\/[^/]/i.test(url))) {
    throw refusal(400, 'ipmi/firmware-url: expected a URL');
  }
  if (file.split('/').includes('..')) throw refusal(400, 'ipmi/firmware-file: leads out of the files');
  const given = params['ipmi/firmware-targets'] ?? [];
  if (!Array.isArray(given) || given.some((target) => typeof target !== 'string' || target === '')) {
    throw refusal(400, 'ipmi/firmware-targets: expected a list of strings');
  }
  const applyTime =
    params['ipmi/firmware-apply-time'] === undefined
      ? undefined
      : choiceParam(params, 'ipmi/firmware-apply-time', APPLY_TIMES);
  return {
    image: url === '' ? { file: file.replace(/^\/+/, '') } : { url },
    targets: given,
    applyTime,
    seconds: numberParam(params, 'ipmi/firmware-time', MOST_SECONDS, SECONDS),
  };
}

function optional(params: Params, name: 'ipmi/firmware-url' | 'ipmi/firmware-file'): string {
  return params[name] === undefined ? '' : textParam(params, name).trim();
}

/** A local copy of an endpoint's file. Disposing of it deletes it. */
export interface LocalImage extends AsyncDisposable {
  name: string;
  content: OutgoingStream;
}

/** Fetches the file by `download` into a temporary folder. Throws what `download` throws. */
export async function localImage(
  path: string,
  download: (path: string, to: string) => Promise<unknown>,
): Promise<LocalImage> {
  const folder = await mkdtemp(join(tmpdir(), 'firmware-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'image');
    await download(path, file);
    const { size } = await stat(file);
    return {
      name: basename(path),
      content: { type: 'application/octet-stream', length: size, open: () => createReadStream(file) },
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    if (!(error instanceof ModelError)) throw error;
    throw refusal(error.code, [`ipmi/firmware-file: ${path} cannot be fetched`, ...error.messages], error);
  }
}
