import type { Subject } from './subject.ts';

/** A requirement of the protocol between dr-provision and its providers. */
export interface Check {
  /** Permanent identifier, independent of the text. */
  id: string;
  /** The requirement. */
  what: string;
  /**
   * Source of the requirement: a file of https://github.com/digitalrebar/provision (branch v4), or another document.
   */
  source: string;
  /**
   * Resolves when the requirement is met. Throws Broken when it is not, NotApplicable when the provider lacks the
   * feature; any other error counts as Broken.
   */
  run(subject: Subject): Promise<void>;
}
