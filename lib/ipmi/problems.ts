/**
 * Error messages about BMCs, which follow the BMC's name and are the same for all transports. Params to check are in
 * brackets.
 */
export const PROBLEMS = {
  wrongCredentials: 'refuses the user name or password (ipmi/username, ipmi/password)',
  unknownUser: 'does not know the user, or does not let it in by network (ipmi/username)',
  privilege: 'does not give this user enough privilege: administrator is needed (ipmi/username)',
  noSuite: 'does not offer the cipher suite (ipmi/cipher-suite chooses another)',
  noSession: 'has no session free',
  stopped: 'stopped answering at the login; some do when they are shown a wrong user name or password',
  noAddress: 'cannot be found: its host name has no address (ipmi/address)',
  silent: 'does not answer (ipmi/address, ipmi/port-ipmitool)',
  notIpmi2: 'does not speak IPMI 2.0',
  muteSuite: 'opened no session; some are silent when they do not offer the cipher suite (ipmi/cipher-suite)',
  openedNone: 'opened no session',
  unsupported: 'does not support this command',
  wrongState: 'cannot do this in its present state',
  busy: 'is busy',
  stoppedLater: 'stopped answering',
  consoleInUse: 'has its console in use elsewhere (ipmi/console-take-over ends that)',
  consoleOff: 'has serial over LAN disabled for this user (see the action solInfo)',
  refused: 'refused the command',
} as const;
