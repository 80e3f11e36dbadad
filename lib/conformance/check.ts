import type { Subject } from './subject.ts';

/** One row of the protocol between a dr-provision endpoint and its providers. */
export interface Check {
  /** Names it for good, also when its words change. */
  id: string;
  /** What holds. */
  what: string;
  /** Where that is from: a file of https://github.com/digitalrebar/provision (branch v4), or what is beside it. */
  source: string;
  /**
   * Returns when it holds. Throws Broken when it does not, NotApplicable when the provider has nothing of the kind; any
   * other error is taken for Broken.
   */
  run(subject: Subject): Promise<void>;
}
