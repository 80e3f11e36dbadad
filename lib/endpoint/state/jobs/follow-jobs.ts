import type { Found, Objects, Requester } from '../objects.ts';

/** What changes with a job that a client changes, and with a machine that goes away: within the same write. */
export function followJobs(objects: Objects): void {
  objects.follow('jobs', ({ object, original }, requester) => {
    const failed = object?.State === 'failed' && original !== undefined && original.State !== 'failed';
    if (failed && object.Current === true && requester.byJob !== true)
      holdMachine(objects, String(object.Machine), requester);
  });
  objects.follow('machines', ({ object, original }, requester) => {
    if (object !== undefined || original === undefined) return;
    const last = objects.find('jobs', String(original.CurrentJob));
    if (last?.object.Current === true)
      objects.update(last, { ...last.object, Current: false }, { ...requester, byJob: true });
  });
}

/** What failed is not tried again before somebody has seen to it. */
export function holdMachine(objects: Objects, uuid: string, requester: Requester): void {
  const machine = objects.find('machines', uuid);
  if (machine !== undefined && objects.stored('machines', machine.key)?.object.Runnable === true)
    objects.update(machine, { ...machine.object, Runnable: false }, { ...requester, byJob: true });
}

/**
 * Fails the jobs that ran when the endpoint was stopped, as dr-provision does: what became of their tasks has not been
 * told. Returns them.
 */
export function failInterrupted(objects: Objects): Found[] {
  const requester: Requester = { principal: 'system', method: 'PATCH', byJob: true };
  return [...objects.lookup.each('jobs', 'running')]
    .filter(({ State }) => State === 'running')
    .map((job) => {
      const found = objects.get('jobs', String(job.Uuid), requester);
      return objects.write(() => {
        const failed = { ...found.object, State: 'failed', ExitState: 'failed' };
        if (found.object.Current === true) holdMachine(objects, String(found.object.Machine), requester);
        return objects.update(found, failed, requester);
      });
    });
}
