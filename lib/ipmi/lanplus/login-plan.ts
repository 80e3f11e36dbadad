import type { LoginFailure } from './login.ts';

/** The terms of a login try, with the number of the suite. */
export interface PlannedTerms {
  suite: number;
  /** 2 user, 3 operator, 4 administrator. */
  privilege: number;
  namedInOpenSession: boolean;
}

/** The terms that may be tried. */
export interface LoginWays {
  suites: readonly number[];
  /** The terms to try first. */
  first: PlannedTerms;
  /** Whether to try operator when the user is refused as administrator. */
  mayLower: boolean;
}

const OPERATOR = 3;
const ADMINISTRATOR = 4;
/** How often a login is repeated after another one has displaced it. */
const MOST_DISPLACED = 3;

/** When several tries failed differently, the first of these reasons is reported. */
const MOST_SPECIFIC_FIRST: readonly LoginFailure['reason'][] = [
  'key',
  'password',
  'user',
  'privilege',
  'refused',
  'sessions',
  'displaced',
  'suite',
];

/**
 * Decides which terms to try next, depending on what the BMC refused. No terms are tried twice, except after a
 * displaced login, so the tries end.
 */
export class LoginPlan {
  readonly #suites: readonly number[];
  readonly #first: PlannedTerms;
  readonly #mayLower: boolean;
  readonly #tried = new Set<string>();
  readonly #failures: LoginFailure[] = [];
  readonly #refused = new Set<number>();
  #displaced = 0;

  constructor({ suites, first, mayLower }: LoginWays) {
    this.#suites = suites;
    this.#first = first;
    this.#mayLower = mayLower;
    this.#tried.add(keyOf(first));
  }

  get first(): PlannedTerms {
    return this.#first;
  }

  /** The terms to try after `terms` failed; undefined when none are left. */
  after(terms: PlannedTerms, failure: LoginFailure): PlannedTerms | undefined {
    this.#failures.push(failure);
    if (failure.reason === 'suite') this.#refused.add(terms.suite);
    const next = this.#ways(terms, failure).find((way) => !this.#tried.has(keyOf(way)));
    if (next !== undefined) {
      this.#tried.add(keyOf(next));
      return next;
    }
    if (failure.reason !== 'displaced' || this.#displaced === MOST_DISPLACED) return undefined;
    this.#displaced += 1;
    return terms;
  }

  /** The failure to report when no terms are left. */
  get mostSpecific(): LoginFailure | undefined {
    const rank = ({ reason }: LoginFailure) => MOST_SPECIFIC_FIRST.indexOf(reason);
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
