import { join } from 'node:path';

/**
 * A home folder with a short list of IANA's enterprise numbers, which ipmitool prefers to that of the system. It reads the
 * whole list each time that it starts: 5 MB, which take six times what the rest of a command takes.
 */
export const IPMITOOL_HOME = join(import.meta.dirname, '../fixtures/ipmitool-home');
