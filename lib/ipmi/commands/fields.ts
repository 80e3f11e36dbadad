/** A value of ipmitool's tables: `true` and `false` as such, lines that belong together as a list, all else as text. */
export type FieldValue = string | boolean | string[];

/** What a BMC tells, under ipmitool's names. */
export type Fields = Record<string, FieldValue>;
