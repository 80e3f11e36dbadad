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

/** A BMC to log in to. */
export interface LoginTarget {
  /** For people. */
  name: string;
  peer: Peer;
  credentials: Credentials;
  /** The suites that may be used. */
  suites: readonly number[];
  /** What to begin with: what it took before, or the usual. */
  first: PlannedTerms;
  /** The user may be an operator where it may be no administrator. */
  mayLower: boolean;
  /** For a session to be free. */
  patience: Patience;
}

/** A session that is there. */
export interface LoggedIn {
  session: Session;
  line: Line;
  /** What the BMC took. */
  terms: PlannedTerms;
}

type Outcome =
  | { how: 'up'; session: Session; line: Line }
  | { how: 'failed'; failure: LoginFailure }
  /** Nothing came back, or (`answers`) nothing but an answer to the question for its versions. */
  | { how: 'silent'; answers: boolean }
  /** It speaks IPMI 1.5 only. */
  | { how: 'old' }
  /** It answered Open Session, and then no more. */
  | { how: 'stopped' };

/** Logs in, in the ways that BMCs differ in. Throws ModelError, `Unsuitable` among them, and the signal's reason. */
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
    const isFull = next === undefined && plan.telling?.reason === 'sessions';
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
  const failure = plan.telling ?? { reason: 'suite', status: 0 };
  return loginError(name, failure, credentials, patience.told());
}

function ignore(): void {}

/** One login in one way. */
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
    // Each time with an id of its own, since the BMC may have made a session for the one before.
    const login = new Login(credentials, { ...planned, suite });
    const line = sockets.line(peer, login.consoleId);
    let isUp = false;
    try {
      line.onDatagram = (datagram) => {
        versions ??= readVersions(datagram);
      };
      // Silence may be no more than a suite or a version that it does not know.
      if (index > 0 && versions === undefined) line.send(VERSIONS_QUESTION);
      const step = await line.ask(() => login.begin(), reader(login), waitMs, signal);
      if (step !== undefined) {
        const outcome = await goOn(login, line, step, timing.waitMs, signal);
        isUp = outcome.how === 'up';
        // Else the line would keep all of the login.
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

/** What a login makes of packets outside of a session; undefined while it has to wait. */
function reader(login: Login): (frame: Frame) => LoginStep | undefined {
  return ({ sessionId, payloadType, payload }) => {
    if (sessionId !== 0) return undefined;
    const step = login.take(payloadType, payload);
    return step.next === 'wait' ? undefined : step;
  };
}
