/** The identity of a BMC. Unknown fields are absent. */
export interface Identity {
  vendor?: string;
  product?: string;
  /** Version of the BMC's firmware. */
  firmware?: string;
  /** The System GUID. BMCs differ in the order of its bytes, so it is a guess: see `guidText`. */
  uuid?: string;
}
