import { refusal } from '../../../lib/ipmi/index.ts';
import { type ModelError, Secrets } from '../../../lib/models/index.ts';

/** What racadm asks for, with the answer to its command on the same line, and that it verifies no certificate. */
const PROMPTS = /^(UserName:\s*)?(Password:\s*)?/i;
const NOISE = /^(Security Alert: |Continuing execution\. Use -S )/;

/** The server is in the state already that it should be brought to, which some versions count as a failure. */
const DONE_ALREADY = /^(ERROR: )?Server is already powered (ON|OFF)/im;

interface Rule {
  pattern: RegExp;
  /** HTTP status. 401 is left to the endpoint: a client would take it for its own session's end. */
  code: number;
  /** Follows the iDRAC's name. */
  says: string;
}

/** Words of racadm and of iDRAC 6 to 9; the first that fits. */
const RULES: readonly Rule[] = [
  {
    pattern: /No more sessions are available|maximum number of (user )?sessions/i,
    code: 503,
    says: 'has no session free',
  },
  {
    pattern: /Login failed|Unable to login to RAC/i,
    code: 403,
    // iDRAC 8 says the same of both.
    says: 'refuses the user name or password (ipmi/username, ipmi/password), or has no session free',
  },
  {
    pattern: /Unable to connect to RAC/i,
    code: 504,
    says: 'does not answer (ipmi/address, ipmi/port-racadm)',
  },
  {
    pattern: /Insufficient (user )?privilege/i,
    code: 403,
    says: 'does not give this user enough privilege (ipmi/username)',
  },
  {
    pattern: /license is (missing|required)|required license/i,
    code: 501,
    says: 'lacks the license for this',
  },
  {
    pattern: /Invalid subcommand|not supported|Invalid object|RAC917/i,
    code: 501,
    says: 'does not support this command',
  },
  { pattern: /not ready|is busy/i, code: 503, says: 'is busy' },
];

/** How many of racadm's own lines go into an error, and how long each may be. */
const MAX_LINES = 5;
const MAX_LINE_LENGTH = 300;

/** racadm's answer in an output, each line as a terminal would show it. Empty for an output without an answer. */
export function whatItSays(output: string): string {
  const lines = output.split(/\r?\n/).map((line) => shown(line).replace(PROMPTS, ''));
  const told = lines
    .filter((line) => !NOISE.test(line))
    .join('\n')
    .trim();
  return told === '' ? '' : `${told}\n`;
}

/**
 * Why a call failed; undefined when it did not. Failures are told by the exit code, and by some versions only by a line
 * that begins with ERROR. `secret` is blotted out of what is quoted, should it appear.
 */
export function failureIn(
  idrac: string,
  { stdout, stderr, code }: { stdout: string; stderr: string; code: number | null },
  secret: string,
): ModelError | undefined {
  const text = whatItSays(`${stdout}\n${stderr}`);
  if (DONE_ALREADY.test(text) || (code === 0 && !/^ERROR\b/m.test(text))) return undefined;
  const rule = RULES.find(({ pattern }) => pattern.test(text));
  const unknown = code === null ? 'unknown: a signal ended racadm' : `racadm failed with code ${code}`;
  const secrets = new Secrets([secret]);
  const quoted = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, MAX_LINES)
    .map((line) => `racadm: ${secrets.mask(line).slice(0, MAX_LINE_LENGTH)}`);
  return refusal(rule?.code ?? 502, [`BMC ${idrac}: ${rule?.says ?? unknown}`, ...quoted]);
}

/** racadm overwrites lines that tell of progress, and pads what it overwrites them with. */
function shown(line: string): string {
  return (
    line
      .split('\r')
      .filter((part) => part.trim() !== '')
      .at(-1)
      ?.trimEnd() ?? ''
  );
}
