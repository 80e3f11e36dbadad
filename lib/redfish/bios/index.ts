export { type Bios, biosOf, readBios } from './bios.ts';
export { type Changed, changeBios, changeBiosPassword, lastMessages, resetBios } from './change.ts';
export { conditionsText, type Dependency, dependentValue, type Values } from './dependencies.ts';
export { type Attribute, type AttributeType, type Registry, registryIn } from './registry.ts';
