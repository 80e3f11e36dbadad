import { access, constants } from 'node:fs/promises';
import { ModelError } from '../models/index.ts';
import type { Check } from './check.ts';
import { COMMANDS } from './checks/commands.ts';
import { DEFINITION } from './checks/definition.ts';
import { LIFECYCLE } from './checks/lifecycle.ts';
import { LOG } from './checks/log.ts';
import { REQUESTS } from './checks/requests.ts';
import { Broken, NotApplicable } from './outcome.ts';
import { Subject } from './subject.ts';

/** All checks, in order. */
export const CHECKS: readonly Check[] = [...DEFINITION, ...COMMANDS, ...LIFECYCLE, ...REQUESTS, ...LOG];

/** The result of a check. */
export interface Finding extends Omit<Check, 'run'> {
  outcome: 'held' | 'broken' | 'not applicable';
  /** For a check that failed or was not applicable: the reason. */
  why?: string;
}

export interface ConformanceOptions {
  /** Additional environment variables for the provider. */
  env?: Record<string, string>;
  /** The checks to run; default all. */
  checks?: readonly Check[];
  /** Called with each finding. */
  onFinding?: (finding: Finding) => void;
  signal?: AbortSignal;
}

/** Time limit of a check in ms. A longer one counts as failed. */
const LIMIT_MS = 60_000;

/**
 * Checks a provider executable against the protocol, using own sockets and no endpoint. Throws ModelError when the
 * executable does not exist, and the signal's reason.
 */
export async function checkConformance(file: string, options: ConformanceOptions = {}): Promise<Finding[]> {
  const { env, checks = CHECKS, onFinding, signal = new AbortController().signal } = options;
  signal.throwIfAborted();
  await access(file, constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    const [code, problem] = missing ? [404, 'there is no such executable'] : [400, 'it may not be executed'];
    throw new ModelError(code, `${file}: ${problem}`, { cause: error });
  });
  await using subject = await Subject.open(file, { env, signal });
  const findings: Finding[] = [];
  for (const check of checks) {
    const finding = await find(check, subject);
    signal.throwIfAborted();
    findings.push(finding);
    onFinding?.(finding);
  }
  return findings;
}

async function find({ run, ...row }: Check, subject: Subject): Promise<Finding> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const late = setTimeout(() => reject(new Broken(`took longer than ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  const onAbort = () => reject(subject.signal.reason);
  subject.signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([run(subject), stopped]);
    return { ...row, outcome: 'held' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...row, outcome: error instanceof NotApplicable ? 'not applicable' : 'broken', why };
  } finally {
    clearTimeout(late);
    subject.signal.removeEventListener('abort', onAbort);
  }
}
