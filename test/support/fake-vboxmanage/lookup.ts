import { Failure, INVALID_OBJECT_STATE, INVALID_VM_STATE, OBJECT_NOT_FOUND } from './failure.ts';
import { type FakeVm, isLocked, type World } from './world.ts';

const UUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;

/** The VM of a UUID or a name (source 5). */
export function findVm(world: World, nameOrId: string | undefined): FakeVm {
  const id = UUID.exec(nameOrId ?? '')?.[1]?.toLowerCase();
  const vm = world.vms.find((each) => (id === undefined ? each.name === nameOrId : each.id === id));
  if (vm !== undefined) return vm;
  throw new Failure(
    id === undefined
      ? `Could not find a registered machine named '${nameOrId}'`
      : `Could not find a registered machine with UUID {${id}}`,
    OBJECT_NOT_FOUND,
    'VirtualBoxWrap, interface IVirtualBox',
  );
}

/** For commands that take the write lock (source 3) and change settings (source 15). */
export function mustBeMutable(vm: FakeVm): void {
  mustBeUnlocked(vm);
  if (vm.state === 'saved')
    throw new Failure('The machine is not mutable (state is Saved)', INVALID_VM_STATE);
}

/** For commands that take the write lock (source 3). */
export function mustBeUnlocked(vm: FakeVm): void {
  if (!isLocked(vm)) return;
  throw new Failure(
    `The machine '${vm.name}' is already locked for a session (or being unlocked)`,
    INVALID_OBJECT_STATE,
  );
}
