import type { Outcome } from '../runner.ts';
import { CUT } from './recording.ts';

/**
 * In what an outcome differs from the recorded one: `code`, `error` (its first line), `output` for a text, and for JSON
 * `output` with the path of each member that is another one, items of lists being `*`.
 */
export function differences(recorded: Outcome, outcome: Outcome): string[] {
  return [
    ...(recorded.code === outcome.code ? [] : ['code']),
    ...(errorOf(recorded) === errorOf(outcome) ? [] : ['error']),
    ...new Set(outputDifferences(worded(recorded.stdout), worded(outcome.stdout))),
  ];
}

function outputDifferences(recorded: string, actual: string): string[] {
  const isCut = recorded.endsWith(CUT);
  const before = jsonOf(isCut ? completed(recorded.slice(0, -CUT.length)) : recorded);
  const after = jsonOf(actual);
  if (before === undefined || after === undefined) return recorded === actual ? [] : ['output'];
  return treeDifferences(before.value, after.value, 'output', isCut);
}

/** `isOpen`: the recording stopped somewhere below, so that there may be more. */
function treeDifferences(recorded: unknown, actual: unknown, path: string, isOpen: boolean): string[] {
  const [before, after] = [membersOf(recorded), membersOf(actual)];
  if (before === undefined || after === undefined || Array.isArray(recorded) !== Array.isArray(actual)) {
    return recorded === actual ? [] : [path];
  }
  const last = [...before.keys()].at(-1);
  const differs: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const deeper = `${path}/${Array.isArray(recorded) ? '*' : name}`;
    const isAfterCut =
      isOpen && (last === undefined || Number.isNaN(Number(name)) ? name > (last ?? '') : true);
    if (!before.has(name)) {
      if (!isAfterCut) differs.push(deeper);
    } else if (!after.has(name)) differs.push(deeper);
    else differs.push(...treeDifferences(before.get(name), after.get(name), deeper, isOpen && name === last));
  }
  return differs;
}

function membersOf(value: unknown): Map<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
}

function jsonOf(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, wordedMember) };
  } catch {
    return undefined;
  }
}

/** A JSON text that was cut, without its last and incomplete lines, and with the brackets that are open closed. */
function completed(text: string): string {
  const lines = text.split('\n').slice(0, -1);
  const open: string[] = [];
  for (const line of lines) {
    if (/[[{]$/.test(line)) open.push(line.endsWith('[') ? ']' : '}');
    else if (/^\s*[\]}],?$/.test(line)) open.pop();
  }
  return lines.join('\n').replace(/,$/, '') + open.reverse().join('');
}

/** What is another one each time, as the recording has it. */
function worded(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/^\d+\$8\$1\$[0-9a-f]{32}\$[0-9a-f]{64}$/m, 'PASSWORD HASH')
    .replace(/^Secret: \S+$/m, 'Secret: SECRET');
}

const MEMBERS: Readonly<Record<string, string>> = {
  Key: 'BASE64',
  Nonce: 'BASE64',
  Payload: 'BASE64',
  Secret: 'SECRET',
  Token: 'TOKEN',
  api_port: 'PORT',
  file_port: 'PORT',
};

/** Ports below are of services, and not made up for a test. */
const FREE_PORTS = 10_000;

function wordedMember(name: string, value: unknown): unknown {
  if (name === 'Port' && typeof value === 'number' && value >= FREE_PORTS) return 'PORT';
  const word = MEMBERS[name];
  const isMade = typeof value === 'number' || (typeof value === 'string' && value !== '');
  return word !== undefined && isMade ? word : value;
}

function errorOf({ stderr }: Outcome): string {
  const [first = ''] = worded(stderr).split('\n', 1);
  return first.replaceAll('drpcli', 'drpkit').replace(/Skipping \S+ /, 'Skipping FOLDER ');
}
