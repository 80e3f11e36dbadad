import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ModelError, refusal } from '../../../lib/models/index.ts';
import type { OutgoingStream } from '../../../lib/redfish/index.ts';
import { choiceParam, numberParam, type Params, textParam } from '../params.ts';

/** What is to be installed, and on what. */
export interface FirmwareWish {
  /** What the BMC fetches, or the path of a file of the endpoint that is sent to it. */
  image: { url: string } | { file: string };
  /** Addresses or Ids of what it is for; empty: the BMC tells by the image. */
  targets: readonly string[];
  /** When it is installed; undefined: as the BMC does it. */
  applyTime: string | undefined;
  /** Seconds for all of it; 0: it is not followed. */
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

/** Throws ModelError 400 that names the param. */
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

/** A file of the endpoint, here for as long as it is needed. */
export interface LocalImage extends AsyncDisposable {
  name: string;
  content: OutgoingStream;
}

/** Fetches it by `download`, to a folder of its own. Throws what that throws. */
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
