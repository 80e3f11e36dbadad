import { ModelError, type RawModel } from '../../models/index.ts';
import type { Lookup } from './lookup.ts';
import { hasEnded, templatesOf } from './prefixes/index.ts';

/** Throws ModelError 409 or 422, as dr-provision does, when other objects need the object. */
export function assertUnused(prefix: string, key: string, object: RawModel, store: Lookup): void {
  const problems = Object.hasOwn(USERS, prefix) ? (USERS[prefix]?.(key, object, store) ?? []) : [];
  if (problems.length === 0) return;
  const [code, type] = ['profiles', 'jobs'].includes(prefix)
    ? [422, 'ValidationError']
    : [409, 'StillInUseError'];
  throw new ModelError(code, problems, { model: prefix, key, type });
}

type FindUsers = (key: string, object: RawModel, store: Lookup) => string[];

const USERS: Readonly<Record<string, FindUsers>> = {
  templates: (key, _object, store) =>
    ['tasks', 'bootenvs', 'stages'].flatMap((prefix) =>
      [...store.each(prefix, key)].flatMap((user) =>
        templatesOf(user).flatMap(({ ID }, at) =>
          ID === key ? [`Templates[${at}]: No common template for ${key}`] : [],
        ),
      ),
    ),
  tasks: (key, _object, store) => [
    ...using(store, key, 'machines', ({ Tasks }) => includes(Tasks, key)).map(
      ({ Uuid }) => `machines:${Uuid} still uses ${key}`,
    ),
    ...using(store, key, 'stages', ({ Tasks }) => includes(Tasks, key)).map(
      ({ Name }) => `stages:${Name} still uses ${key}`,
    ),
  ],
  stages: (key, _object, store) => [
    ...using(store, key, 'machines', ({ Stage }) => Stage === key).map(
      ({ Name }) => `Stage ${key} in use by Machine ${Name}`,
    ),
    ...using(store, key, 'workflows', ({ Stages }) => includes(Stages, key)).map(
      ({ Name }) => `Stage ${key} in use by Workflow ${Name}`,
    ),
  ],
  bootenvs(key, { OnlyUnknown }, store) {
    const preference = OnlyUnknown === true ? 'unknownBootEnv' : 'defaultBootEnv';
    const active =
      store.preference(preference) === key
        ? [`BootEnv ${key} is the active ${preference}, cannot remove it`]
        : [];
    if (OnlyUnknown === true) return active;
    return [
      ...active,
      ...using(store, key, 'machines', ({ BootEnv }) => BootEnv === key).map(
        ({ Name }) => `Bootenv ${key} in use by Machine ${Name}`,
      ),
      ...using(store, key, 'stages', ({ BootEnv }) => BootEnv === key).map(
        ({ Name }) => `Bootenv ${key} in use by Stage ${Name}`,
      ),
    ];
  },
  profiles: (key, _object, store) => [
    ...(key === 'global' ? ['Profile global is the global profile, you cannot delete it'] : []),
    ...using(store, key, 'machines', ({ Profiles }) => includes(Profiles, key)).map(
      ({ Uuid }) => `Machine ${Uuid} is using profile ${key}`,
    ),
    ...using(store, key, 'stages', ({ Profiles }) => includes(Profiles, key)).map(
      ({ Name }) => `Stage ${Name} is using profile ${key}`,
    ),
  ],
  jobs: (key, job, store) =>
    hasEnded(job) || job.Current !== true || !store.exists('machines', String(job.Machine))
      ? []
      : [`Jobs ${key} is not in a deletable state: ${job.State}`],
  roles: (key, _object, store) =>
    using(store, key, 'users', ({ Roles }) => includes(Roles, key)).map(
      ({ Name }) => `In use by User ${Name}`,
    ),
  tenants: (_key, { Users }) =>
    (Users as string[]).length === 0 ? [] : [`Constraining Users: [${(Users as string[]).join(' ')}]`],
};

function using(store: Lookup, key: string, prefix: string, uses: (object: RawModel) => boolean): RawModel[] {
  return [...store.each(prefix, key)].filter(uses);
}

function includes(list: unknown, key: string): boolean {
  return Array.isArray(list) && list.includes(key);
}
