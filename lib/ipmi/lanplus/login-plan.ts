import type { LoginFailure } from './login.ts';

/** How a login is tried, with the suite by its number. */
export interface PlannedTerms {
  suite: number;
  /** 2 user, 3 operator, 4 administrator. */
  privilege: number;
  namedInOpenSession: boolean;
}

/** What may be tried. */
export interface LoginWays {
  suites: readonly number[];
  /** What to begin with. */
  first: PlannedTerms;
  /** Whether a user that is refused as administrator may log in as operator. */
  mayLower: boolean;
}

const OPERATOR = 3;
const ADMINISTRATOR = 4;
/** A login that another one overtook is begun anew so often. */
const MOST_OVERTAKEN = 3;

/** What is worth telling, when several tries failed in different ways: the first that is among them. */
const TELLING: readonly LoginFailure['reason'][] = [
  'key',
  'password',
  'user',
  'privilege',
  'refused',
  'sessions',
  'overtaken',
  'suite',
];

/**
 * In which ways a login is tried, one after the other: what a BMC refused decides what is tried next. No way comes twice,
 * but for a login that was overtaken, so that it ends.
 */
export class LoginPlan {
  readonly #suites: readonly number[];
  readonly #first: PlannedTerms;
  readonly #mayLower: boolean;
  readonly #tried = new Set<string>();
  readonly #failures: LoginFailure[] = [];
  readonly #refused = new Set<number>();
  #overtaken = 0;

  constructor({ suites, first, mayLower }: LoginWays) {
    this.#suites = suites;
    this.#first = first;
    this.#mayLower = mayLower;
    this.#tried.add(keyOf(first));
  }

  get first(): PlannedTerms {
    return this.#first;
  }

  /** What to try after `terms` failed; undefined when nothing is left. */
  after(terms: PlannedTerms, failure: LoginFailure): PlannedTerms | undefined {
    this.#failures.push(failure);
    if (failure.reason === 'suite') this.#refused.add(terms.suite);
    const next = this.#ways(terms, failure).find((way) => !this.#tried.has(keyOf(way)));
    if (next !== undefined) {
      this.#tried.add(keyOf(next));
      return next;
    }
    if (failure.reason !== 'overtaken' || this.#overtaken === MOST_OVERTAKEN) return undefined;
    this.#overtaken += 1;
    return terms;
  }

  /** The failure to tell, when nothing is left. */
  get telling(): LoginFailure | undefined {
    const rank = ({ reason }: LoginFailure) => TELLING.indexOf(reason);
    return this.#failures.toSorted((one, other) => rank(one) - rank(other))[0];
  }

  #ways(terms: PlannedTerms, { reason }: LoginFailure): PlannedTerms[] {
    switch (reason) {
      case 'suite':
      case 'sessions':
      case 'password': {
        const suites = [this.#first.suite, ...this.#suites].filter((suite) => !this.#refused.has(suite));
        const isOdd = this.#failures.some((failure) => failure.reason === 'password');
        return (isOdd ? [false, true] : [terms.namedInOpenSession]).flatMap((namedInOpenSession) =>
          suites.map((suite) => ({ ...terms, suite, namedInOpenSession })),
        );
      }
      case 'user':
      case 'privilege':
        return this.#mayLower && terms.privilege === ADMINISTRATOR ? [{ ...terms, privilege: OPERATOR }] : [];
      default:
        return [];
    }
  }
}

function keyOf({ suite, privilege, namedInOpenSession }: PlannedTerms): string {
  return `${suite} ${privilege} ${namedInOpenSession}`;
}
