/** What a BMC says that it is. What it does not tell is not there. */
export interface Identity {
  vendor?: string;
  product?: string;
  /** Version of the BMC's firmware. */
  firmware?: string;
  /** The System GUID. BMCs disagree on the order of its bytes, so that this is a guess: see `guidText`. */
  uuid?: string;
}
