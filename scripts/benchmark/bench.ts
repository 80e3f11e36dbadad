import type { Scratch } from '../measuring/scratch.ts';

/** What is measured, and how much of it. */
export interface Bench {
  scratch: Scratch;
  /** The executables, by name. */
  executables: ReadonlyMap<string, string>;
  /** Whether they were built from what the sources are now. */
  isBuilt: boolean;
  /** Those of them that are providers. */
  providers: ReadonlyMap<string, string>;
  /** Executables of the same names to compare with. */
  others: ReadonlyMap<string, string>;
  /** The Node.js that the executables were made from. */
  base: string;
  /** How many pairs of starts are measured. */
  rounds: number;
  /** Seconds for each measurement of a rate. */
  seconds: number;
  /** How many calls one process gets to see what becomes of its memory. */
  calls: number;
  /** The largest fleet. */
  fleet: number;
  /** Says on stderr what is going on. */
  progress: (line: string) => void;
}
