/**
 * Loaded before each test file of a whole run (scripts/test). Node.js has all children of a test note down which of their
 * code runs; executables and tools run nothing that could be counted as a source in lib, and would only take longer.
 */
const { NODE_V8_COVERAGE } = process.env;
delete process.env.NODE_V8_COVERAGE;

/** What a child needs in its environment that runs sources of lib, so that they are counted. */
export const COUNTED: Readonly<Record<string, string>> =
  NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE };
