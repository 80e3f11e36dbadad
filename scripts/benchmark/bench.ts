import type { Scratch } from '../measuring/scratch.ts';

/** The settings of a benchmark run. */
export interface Bench {
  scratch: Scratch;
  /** The executables, by name. */
  executables: ReadonlyMap<string, string>;
  /** Whether they were built from the current sources. */
  isBuilt: boolean;
  /** The executables that are providers. */
  providers: ReadonlyMap<string, string>;
  /** Executables of the same names to compare with. */
  others: ReadonlyMap<string, string>;
  /** The Node.js that the executables were made from. */
  base: string;
  /** How many pairs of starts to measure. */
  rounds: number;
  /** Duration of each rate measurement in seconds. */
  seconds: number;
  /** How many calls a process gets while its memory is measured. */
  calls: number;
  /** Size of the largest fleet. */
  fleet: number;
  /** Prints progress on stderr. */
  progress: (line: string) => void;
}
