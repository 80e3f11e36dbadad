/** Where the client reports what no caller is told in another way. The Logger of lib/plugin is one. */
export interface ClientLog {
  debug(message: string): void;
  warn(message: string): void;
}

export const NO_LOG: ClientLog = { debug() {}, warn() {} };
