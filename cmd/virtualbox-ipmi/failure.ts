import { ModelError } from '../../lib/models/index.ts';

/** Kinds of vboxmanage errors that need different handling. */
export type FailureKind = 'unknown VM' | 'locked' | 'settings exist' | 'exists' | 'other';

/** vboxmanage has failed. */
export class VBoxFailure extends ModelError {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, code: number, messages: readonly string[]) {
    super(code, messages, { model: 'plugin', key: 'virtualbox-ipmi', type: 'plugin' });
    this.kind = kind;
  }
}

interface Rule {
  pattern: RegExp;
  kind: FailureKind;
  code: number;
  says: string;
}

/**
 * Output of VirtualBox 5 to 7, sudo and sudo-rs, from their sources and from logs in public issues. The first match
 * counts. 403 would remove the provider, and 401 belongs to the endpoint.
 */
const RULES: readonly Rule[] = [
  {
    pattern:
      /^sudo: .*(password is required|interactive authentication is required|terminal is required|no tty present)/m,
    kind: 'other',
    code: 400,
    says: 'virtualbox/user: sudo does not let the endpoint run vboxmanage as this user without a password (NOPASSWD)',
  },
  {
    pattern:
      /^sudo: (unknown user|user '.*' not found|I'm sorry )|^(sudo: )?\S+ is not in the sudoers|^(sudo: )?Sorry, user .* (is not allowed to execute|may not run)/m,
    kind: 'other',
    code: 400,
    says: 'virtualbox/user: sudo does not run vboxmanage as this user',
  },
  {
    pattern: /Could not find a registered machine/,
    kind: 'unknown VM',
    code: 404,
    says: 'VirtualBox has no such VM for this user',
  },
  {
    pattern: /is already locked (for|by) a session|while it is locked|is locked for \w+ by another task/,
    kind: 'locked',
    code: 409,
    says: 'The VM is locked by a window or another task of VirtualBox: close it, or try again later',
  },
  {
    pattern: /Machine settings file '[^']*' already exists/,
    kind: 'settings exist',
    code: 409,
    says: 'VirtualBox has a settings file of this name already',
  },
  {
    pattern:
      /Storage controller named '[^']*' already exists|VERR_ALREADY_EXISTS|a hard disk '[^']*' [^']*already exists/,
    kind: 'exists',
    code: 409,
    says: 'This exists already',
  },
  {
    pattern: /vboxnetctl|host-only adapter/,
    kind: 'other',
    code: 409,
    says: 'The host-only network cannot be made: load the kernel module vboxnetadp, or make vboxnet0 in VirtualBox',
  },
];

/** How many lines of the tool's output an error quotes, and how many characters of each. */
const MAX_LINES = 4;
const LONGEST_LINE = 300;
const NOISE = /^(\d+%\.\.\.|Progress state:|Details: code|Context: "|Usage:|\s*$)/;

/** The error for a `vboxmanage COMMAND ...` that exited with `code` (null: by a signal) and this stderr. */
export function failureOf(command: string, stderr: string, code: number | null): VBoxFailure {
  const rule = RULES.find(({ pattern }) => pattern.test(stderr));
  const how = code === null ? 'was ended by a signal' : `failed with code ${code}`;
  const quoted = stderr
    .split(/\r?\n/)
    .map((line) => line.replace(/^VBoxManage(\.exe)?: (error: )?/, '').trim())
    .filter((line) => !NOISE.test(line))
    .slice(0, MAX_LINES);
  const says = rule?.says ?? `vboxmanage ${command} ${how}`;
  return new VBoxFailure(rule?.kind ?? 'other', rule?.code ?? 409, [
    says,
    ...quoted.map((line) => `vboxmanage ${command}: ${line.slice(0, LONGEST_LINE)}`),
  ]);
}

/** Whether a retry may succeed: a timeout, a locked VM, or an unavailable endpoint. */
export function isPassing(error: unknown): error is ModelError {
  if (error instanceof VBoxFailure) return error.kind === 'locked';
  return error instanceof ModelError && (error.code === 503 || error.code === 504);
}
