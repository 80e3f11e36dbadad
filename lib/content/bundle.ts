/** One object of a content pack, as JSON. */
export type ContentObject = Record<string, unknown>;

/** A content pack as one value, as it is uploaded to an endpoint or embedded into a provider. */
export interface Bundle {
  /** All fields of META_FIELDS; empty strings for those that the pack does not set. */
  meta: Record<string, string>;
  /** Objects by type (`params`, `tasks`, ...) and key. */
  sections: Record<string, Record<string, ContentObject>>;
}

/** The values that drpcli writes for fields without a file or argument. All others are empty. */
export const META_DEFAULTS: Readonly<Record<string, string>> = {
  Name: 'Unspecified',
  Type: 'dynamic',
  Version: 'v0.0.0',
};
