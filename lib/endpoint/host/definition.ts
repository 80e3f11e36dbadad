import {
  type AvailableAction,
  jsonFrom,
  ModelError,
  PLUGIN_VERSION,
  type PluginProvider,
  versionProblem,
} from '../../models/index.ts';
import { isName } from './name.ts';

/**
 * Parses the output of `define` and fills in absent fields. Every action gets the provider's name. Throws ModelError
 * that names the invalid field when the output is not one JSON object of protocol version 4.
 */
export function readDefinition(output: string): PluginProvider {
  let value: unknown;
  try {
    value = jsonFrom(output);
  } catch (cause) {
    throw new ModelError(400, `the output is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  const fields = record(value, 'the definition');
  const version = fields.PluginVersion;
  if (version !== PLUGIN_VERSION)
    throw new ModelError(400, `PluginVersion is ${JSON.stringify(version)}, expected ${PLUGIN_VERSION}`);
  const name = text(fields.Name, 'Name');
  if (!isName(name)) throw new ModelError(400, `Name: ${JSON.stringify(name)} cannot be a provider's name`);
  return {
    Meta: texts(fields.Meta, 'Meta'),
    Name: name,
    Version: providerVersion(fields.Version, name),
    PluginVersion: version,
    AutoStart: flag(fields.AutoStart, 'AutoStart'),
    HasPublish: flag(fields.HasPublish, 'HasPublish'),
    AvailableActions: list(fields.AvailableActions, 'AvailableActions').map((item, at) =>
      readAction(item, `AvailableActions[${at}]`, name),
    ),
    RequiredParams: names(fields.RequiredParams, 'RequiredParams'),
    OptionalParams: names(fields.OptionalParams, 'OptionalParams'),
    StoreObjects: record(fields.StoreObjects ?? {}, 'StoreObjects'),
    Documentation: text(fields.Documentation, 'Documentation'),
    Content: text(fields.Content, 'Content'),
  };
}

/**
 * The provider's version. An empty one counts as 0.0.0. Throws ModelError 400 for a version with which dr-provision
 * would not start.
 */
function providerVersion(value: unknown, name: string): string {
  const version = text(value, 'Version');
  const problem = version === '' ? undefined : versionProblem(version);
  if (problem === undefined) return version;
  throw new ModelError(
    400,
    `Version: ${problem}; dr-provision itself would not start with provider ${name} in its plugins folder`,
  );
}

function readAction(value: unknown, field: string, provider: string): AvailableAction {
  const fields = record(value, field);
  return {
    Provider: provider,
    Model: text(fields.Model, `${field}.Model`),
    Command: text(fields.Command, `${field}.Command`),
    RequiredParams: names(fields.RequiredParams, `${field}.RequiredParams`),
    OptionalParams: names(fields.OptionalParams, `${field}.OptionalParams`),
  };
}

function record(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw wrong(field, 'an object', value);
}

function list(value: unknown, field: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw wrong(field, 'a list', value);
}

function names(value: unknown, field: string): string[] {
  return list(value, field).map((item, at) => text(item, `${field}[${at}]`));
}

function texts(value: unknown, field: string): Record<string, string> {
  const entries = Object.entries(record(value ?? {}, field));
  return Object.fromEntries(entries.map(([key, item]) => [key, text(item, `${field}.${key}`)]));
}

function text(value: unknown, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw wrong(field, 'a text', value);
}

function flag(value: unknown, field: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw wrong(field, 'true or false', value);
}

function wrong(field: string, expected: string, value: unknown): ModelError {
  const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : typeof value;
  return new ModelError(400, `${field}: expected ${expected}, found ${found}`);
}
