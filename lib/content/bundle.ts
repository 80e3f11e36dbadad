/** One object of a content pack, as JSON. */
export type ContentObject = Record<string, unknown>;

/** A content pack in one value: what is uploaded to an endpoint or embedded into a provider. */
export interface Bundle {
  /** Every field of META_FIELDS; empty where the pack says nothing. */
  meta: Record<string, string>;
  /** Object type (`params`, `tasks`, ...) to key to object. */
  sections: Record<string, Record<string, ContentObject>>;
}

/** What drpcli writes for a field that neither a file nor an argument gives. Others are empty. */
export const META_DEFAULTS: Readonly<Record<string, string>> = {
  Name: 'Unspecified',
  Type: 'dynamic',
  Version: 'v0.0.0',
};
