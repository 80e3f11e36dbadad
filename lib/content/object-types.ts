const KEY_FIELDS: Readonly<Record<string, string>> = {
  bootenvs: 'Name',
  params: 'Name',
  profiles: 'Name',
  stages: 'Name',
  tasks: 'Name',
  templates: 'ID',
  workflows: 'Name',
};

/** The field that holds an object's key. Types of a provider's own have `Id`. */
export function keyField(type: string): string {
  return KEY_FIELDS[type] ?? 'Id';
}
