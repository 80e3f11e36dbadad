/** The documentation of one object. Texts are reStructuredText. */
export interface DocumentedObject {
  key: string;
  description: string;
  documentation: string;
  /** Short facts, for instance `Type: integer`. */
  facts: string[];
}

/** The documentation of a content pack, independent of the output format. */
export interface Documentation {
  name: string;
  displayName: string;
  version: string;
  /** The version; empty when it is the default of packs without one. */
  release: string;
  description: string;
  documentation: string;
  sections: { type: string; objects: DocumentedObject[] }[];
}
