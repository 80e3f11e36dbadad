/** What a BMC says that it is. What it does not tell is not there. */
export interface Identity {
  vendor?: string;
  product?: string;
  /** Version of the BMC's firmware. */
  firmware?: string;
  /** As ipmitool reads the System GUID: BMCs disagree on the order of its bytes, and it guesses. */
  uuid?: string;
}
