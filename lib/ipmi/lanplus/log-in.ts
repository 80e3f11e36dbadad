import type { ModelError } from '../../models/index.ts';
import { refusal } from '../../models/index.ts';
import { readVersions, VERSIONS_QUESTION } from '../ipmi-versions.ts';
import { PROBLEMS } from '../problems.ts';
import { cipherSuite } from './cipher-suites.ts';
import type { Frame } from './frame.ts';
import { type Credentials, Login, type LoginFailure, type LoginStep } from './login.ts';
import { loginError } from './login-error.ts';
import { LoginPlan, type PlannedTerms } from './login-plan.ts';
import type { Patience } from './patience.ts';
import { Session } from './session.ts';
import type { Line, Peer, Sockets } from './sockets.ts';
import type { Timing } from './timing.ts';
import { Unsuitable } from './unsuitable.ts';

/** The BMC and the terms of a login. */
export interface LoginTarget {
  /** Name in messages. */
  name: string;
  peer: Peer;
  credentials: Credentials;
  /** Allowed cipher suites. */
  suites: readonly number[];
  /** The terms to try first: those of the last login, or the default. */
  first: PlannedTerms;
  /** Whether to fall back to operator when the user may not be administrator. */
  mayLower: boolean;
  /** How long to wait for a free session. */
  patience: Patience;
}

/** A session after a login. */
export interface LoggedIn {
  session: Session;
  line: Line;
  /** The accepted terms. */
  terms: PlannedTerms;
}

type Outcome =
  | { how: 'up'; session: Session; line: Line }
  | { how: 'failed'; failure: LoginFailure }
  /** No answer came, or (with `answers`) only one to the query for versions. */
  | { how: 'silent'; answers: boolean }
  /** The BMC supports only IPMI 1.5. */
  | { how: 'old' }
  /** The BMC answered Open Session, and nothing afterwards. */
  | { how: 'stopped' };

/** Logs in, trying the variants that BMCs need. Throws ModelError, also `Unsuitable`, and the signal's reason. */
export async function logIn(
  sockets: Sockets,
  target: LoginTarget,
  timing: Timing,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { name, patience } = target;
  const fails = (code: number, says: string) => refusal(code, `BMC ${name}: ${says}`);
  let plan = new LoginPlan(target);
  let terms: PlannedTerms | undefined = plan.first;
  let stops = 0;
  let pauses = 0;
  let muteOnly = true;
  while (terms !== undefined) {
    const waitMs = timing.loginMs[stops] ?? 0;
    const outcome = await attempt(sockets, target, terms, { ...timing, waitMs }, signal);
    let failure: LoginFailure = { reason: 'suite', status: 0 };
    switch (outcome.how) {
      case 'up':
        return { session: outcome.session, line: outcome.line, terms };
      case 'old':
        throw new Unsuitable(fails(501, PROBLEMS.notIpmi2), 'lan');
      case 'stopped':
        stops += 1;
        if (stops === timing.loginMs.length) throw fails(504, PROBLEMS.stopped);
        continue;
      case 'silent':
        if (!outcome.answers) throw fails(504, PROBLEMS.silent);
        break;
      case 'failed':
        failure = outcome.failure;
        muteOnly = false;
    }
    const next = plan.after(terms, failure);
    const isFull = next === undefined && plan.mostSpecific?.reason === 'sessions';
    if (isFull && (await patience.pause(pauses, signal))) {
      pauses += 1;
      plan = new LoginPlan(target);
      terms = plan.first;
    } else {
      terms = next;
    }
  }
  if (muteOnly) throw fails(504, PROBLEMS.muteSuite);
  throw failureError(plan, target);
}

function failureError(plan: LoginPlan, { name, credentials, patience }: LoginTarget): ModelError {
  const failure = plan.mostSpecific ?? { reason: 'suite', status: 0 };
  return loginError(name, failure, credentials, patience.told());
}

function ignore(): void {}

/** Tries one login. */
async function attempt(
  sockets: Sockets,
  { peer, credentials }: LoginTarget,
  planned: PlannedTerms,
  timing: Timing & { waitMs: number },
  signal: AbortSignal,
): Promise<Outcome> {
  const suite = cipherSuite(planned.suite);
  if (suite === undefined) return { how: 'failed', failure: { reason: 'suite', status: 0 } };
  let versions: string[] | undefined;
  for (const [index, waitMs] of timing.openMs.entries()) {
    // A new id for each try, since the BMC may have made a session for the previous one.
    const login = new Login(credentials, { ...planned, suite });
    const line = sockets.line(peer, login.consoleId);
    let isUp = false;
    try {
      line.onDatagram = (datagram) => {
        versions ??= readVersions(datagram);
      };
      // The BMC may be silent because it does not know the suite or IPMI 2.0.
      if (index > 0 && versions === undefined) line.send(VERSIONS_QUESTION);
      const step = await line.ask(() => login.begin(), reader(login), waitMs, signal);
      if (step !== undefined) {
        const outcome = await goOn(login, line, step, timing.waitMs, signal);
        isUp = outcome.how === 'up';
        // Releases the login, which the line would otherwise keep in memory.
        line.onDatagram = ignore;
        return outcome;
      }
    } finally {
      if (!isUp) line[Symbol.dispose]();
    }
    if (versions !== undefined && !versions.includes('2.0')) return { how: 'old' };
  }
  return { how: 'silent', answers: versions !== undefined };
}

async function goOn(
  login: Login,
  line: Line,
  first: LoginStep,
  waitMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  let step: LoginStep | undefined = first;
  while (step?.next === 'send') {
    const datagram: Buffer = step.datagram;
    step = await line.ask(() => datagram, reader(login), waitMs, signal);
  }
  switch (step?.next) {
    case 'up':
      return { how: 'up', session: new Session(step.keys, login.consoleId, step.bmcId), line };
    case 'failed':
      if (step.farewell !== undefined) line.send(step.farewell);
      return { how: 'failed', failure: step.failure };
    default:
      return { how: 'stopped' };
  }
}

/** Passes packets outside of a session to a login; undefined while it needs another packet. */
function reader(login: Login): (frame: Frame) => LoginStep | undefined {
  return ({ sessionId, payloadType, payload }) => {
    if (sessionId !== 0) return undefined;
    const step = login.take(payloadType, payload);
    return step.next === 'wait' ? undefined : step;
  };
}
