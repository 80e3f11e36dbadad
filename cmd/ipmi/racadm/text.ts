import { refusal } from '../../../lib/ipmi/index.ts';
import { type ModelError, Secrets } from '../../../lib/models/index.ts';

/** racadm's prompts. The answer to the command may follow on the same line. */
const PROMPTS = /^(UserName:\s*)?(Password:\s*)?/i;
/** racadm's warning that it does not verify the iDRAC's certificate. */
const NOISE = /^(Security Alert: |Continuing execution\. Use -S )/;

/** The server is in the wanted state already. Some versions report this as an error. */
const DONE_ALREADY = /^(ERROR: )?Server is already powered (ON|OFF)/im;

interface Rule {
  pattern: RegExp;
  /**
   * HTTP status. A refused login must not become a 401: clients would take it for the end of their session at the
   * endpoint.
   */
  code: number;
  /** Text after the iDRAC's name. */
  says: string;
}

/** Messages of racadm and iDRAC 6 to 9. The first match counts. */
const RULES: readonly Rule[] = [
  {
    pattern: /No more sessions are available|maximum number of (user )?sessions/i,
    code: 503,
    says: 'has no session free',
  },
  {
    pattern: /Login failed|Unable to login to RAC/i,
    code: 403,
    // iDRAC 8 has the same message for both.
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

/** How many lines of racadm's output an error quotes, and how long each may be. */
const MAX_LINES = 5;
const MAX_LINE_LENGTH = 300;

/** racadm's answer in its output, as a terminal would show it. Empty when racadm printed no answer. */
export function answerIn(output: string): string {
  const lines = output.split(/\r?\n/).map((line) => shown(line).replace(PROMPTS, ''));
  const told = lines
    .filter((line) => !NOISE.test(line))
    .join('\n')
    .trim();
  return told === '' ? '' : `${told}\n`;
}

/**
 * Why a call failed; undefined when it succeeded. Failures have a non-zero exit code or, in some versions, only a line
 * that begins with ERROR. `secret` is masked in quoted text.
 */
export function failureIn(
  idrac: string,
  { stdout, stderr, code }: { stdout: string; stderr: string; code: number | null },
  secret: string,
): ModelError | undefined {
  const text = answerIn(`${stdout}\n${stderr}`);
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

/** racadm overwrites progress lines by carriage returns and pads them. */
function shown(line: string): string {
  return (
    line
      .split('\r')
      .filter((part) => part.trim() !== '')
      .at(-1)
      ?.trimEnd() ?? ''
  );
}
