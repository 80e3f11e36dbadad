/** Where the client writes what no caller is told otherwise. The logger of lib/plugin is one. */
export interface ClientLog {
  debug(message: string): void;
  warn(message: string): void;
}

export const NO_LOG: ClientLog = { debug() {}, warn() {} };
