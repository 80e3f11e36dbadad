/** A value of ipmitool's tables: booleans as such, related lines as a list, anything else as text. */
export type FieldValue = string | boolean | string[];

/** Values of a BMC by ipmitool's names. */
export type Fields = Record<string, FieldValue>;
