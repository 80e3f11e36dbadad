import { isResource, listAt, type Resource, textAt, timeoutOf, wasCutOff } from '../../../lib/https/index.ts';
import { foreign, foreignPath, ModelError, own, refusal, say } from '../../../lib/models/index.ts';
import {
  type Incoming,
  type Message,
  messagesIn,
  refusedWith,
  type Service,
} from '../../../lib/redfish/index.ts';
import { actionTarget, type Drive, isLoaded, mayHoldImage } from './drives.ts';
import { eject } from './eject.ts';
import { correctedBody, namedMembers } from './parameters.ts';

/** An image, and properties for the parameters of InsertMedia. */
export interface Media {
  image: string;
  /** Parameters that the operator has set: always sent. */
  set: Resource;
  /** Parameters that are sent only when the BMC asks for them. */
  known: Resource;
}

/** How often to read a drive until the image is in it: BMCs connect to the server after their answer. */
const LOOKS = 15;
/** Maximum number of requests for one drive. Each differs from the previous one. */
const MOST_TRIES = 8;

/**
 * Inserts an image into a drive, and returns the drive once the image is in it. Parameters that the BMC misses are
 * added, those that it does not know are removed. A drive that is in use, or stays empty, is ejected first
 * (microsoft/lisa 4168, redhat-performance/jetlag 657). Throws ModelError with the BMC's first message.
 */
export async function insert(service: Service, drive: Drive, media: Media): Promise<Drive> {
  let current = drive;
  // The action may be available only while the drive is empty.
  if (actionTarget(current, 'Insert') === undefined && actionTarget(current, 'Eject') !== undefined) {
    current = await eject(service, current);
  }
  let first: unknown;
  for (const isLast of [false, true]) {
    try {
      await send(service, current, media);
      return await arrived(service, current, media);
    } catch (error) {
      service.signal.throwIfAborted();
      if (!(error instanceof ModelError)) throw error;
      first ??= error;
      if (isLast || !mayBeStuck(error)) throw first;
    }
    try {
      current = await eject(service, current);
    } catch {
      service.signal.throwIfAborted();
      throw first;
    }
  }
  throw first;
}

/** Whether ejecting may help: the drive is in use, the BMC has an internal error, or the image has not arrived. */
function mayBeStuck(error: ModelError): boolean {
  if (error.cause instanceof NotInserted) return true;
  const refused = refusedWith(error);
  return refused !== undefined && (refused.status >= 500 || refused.said.some(isInUse));
}

async function send(service: Service, drive: Drive, media: Media): Promise<void> {
  const target = actionTarget(drive, 'Insert');
  const { image, set, known } = media;
  if (target === undefined) return sendByPatch(service, drive, media);
  const required = await requiredParameters(service, drive);
  let body: Resource = { Image: image, ...namedMembers(known, required), ...set };
  const rest = [
    { Image: image, Inserted: true, WriteProtected: true, ...set },
    { Image: image, ...known, ...set },
  ];
  const sent = new Set<string>();
  let first: unknown;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    sent.add(JSON.stringify(body));
    try {
      await service.post(target, body, { effect: 'once', isFinal: isInUseAnswer });
      return;
    } catch (error) {
      const refused = refusedWith(error);
      if (refused === undefined) {
        // A lost answer is not a refusal: the state of the drive decides.
        if (wasCutOff(error) || timeoutOf(error) === 'request') return;
        throw error;
      }
      first ??= error;
      if (refused.said.some(isInUse)) throw error;
      const next =
        correctedBody(body, refused.said, known, ['Image']) ??
        rest.find((other) => !sent.has(JSON.stringify(other)));
      if (next === undefined || sent.has(JSON.stringify(next))) throw first;
      body = next;
    }
  }
  throw first;
}

async function sendByPatch(service: Service, { uri }: Drive, { image, set }: Media): Promise<void> {
  const bodies = [
    { Image: image, Inserted: true, WriteProtected: true, ...set },
    { Image: image, Inserted: true, ...set },
    { Image: image, ...set },
  ];
  let first: unknown;
  for (const body of bodies) {
    try {
      await service.patch(uri, body);
      return;
    } catch (error) {
      if (refusedWith(error) === undefined) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** The cause of the error when the BMC accepted an image that the drive then does not show. */
class NotInserted extends Error {}

/** Waits until the image is in the drive. Throws ModelError with the drive's actual content. */
async function arrived(service: Service, { uri }: Drive, { image }: Media): Promise<Drive> {
  for (let look = 1; ; look++) {
    const found = await service.get(uri);
    if (isLoaded(found) && mayHoldImage(found, image)) return found;
    if (look < LOOKS) {
      await service.pause();
      continue;
    }
    const told = textAt(found.resource, 'Image') || 'no image';
    const state = isLoaded(found) ? say`holds ${foreign(told)}` : own('says that nothing is inserted');
    const { code, messages } = service.error(
      502,
      say`${foreignPath(uri)}: the image was accepted, but the drive ${state}`,
      own('see whether the BMC reaches the image (ipmi/virtual-media-url)'),
    );
    throw refusal(code, messages, new NotInserted());
  }
}

function isInUse({ name, text }: Message): boolean {
  return (
    /InUse|AlreadyExists|AlreadyInserted|AlreadyMounted/i.test(name) ||
    /\balready\b|\bin use\b|\beject\b|\b(is|are) (mounted|inserted|attached|connected)\b/i.test(text)
  );
}

function isInUseAnswer({ status, body }: Incoming): boolean {
  return status >= 400 && messagesIn(body).some(isInUse);
}

/** The required parameters in the action info of InsertMedia. */
async function requiredParameters(service: Service, { resource }: Drive): Promise<string[]> {
  const info = textAt(resource, 'Actions', '#VirtualMedia.InsertMedia', '@Redfish.ActionInfo');
  if (info === undefined) return [];
  try {
    const parameters = listAt((await service.get(info)).resource, 'Parameters').filter(isResource);
    return parameters
      .filter((parameter) => parameter.Required === true)
      .map((parameter) => textAt(parameter, 'Name') ?? '');
  } catch (error) {
    if (refusedWith(error) === undefined) throw error;
    return [];
  }
}
