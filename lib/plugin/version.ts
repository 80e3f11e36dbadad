/** Set by the build. */
declare const DRP_PLUGINS_VERSION: string;

/** The version of this executable, `vX.Y.Z[-dev.N+gSHA]`; `v0.0.0` when it runs from source. */
export function version(): string {
  return typeof DRP_PLUGINS_VERSION === 'string' ? DRP_PLUGINS_VERSION : 'v0.0.0';
}
