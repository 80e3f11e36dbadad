/** Values of preferences that nobody has set. */
const STANDARD: Readonly<Record<string, string>> = {
  defaultBootEnv: 'local',
  defaultStage: 'none',
  defaultWorkflow: '',
  unknownBootEnv: 'ignore',
  knownTokenTimeout: '3600',
  unknownTokenTimeout: '600',
  debugBootEnv: 'warn',
  debugDhcp: 'warn',
  debugFrontend: 'warn',
  debugPlugins: 'warn',
  debugRenderer: 'warn',
  logLevel: 'warn',
};

export function standardPreference(name: string): string | undefined {
  return STANDARD[name];
}
