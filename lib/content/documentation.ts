/** What there is to say about one object. Texts are reStructuredText. */
export interface DocumentedObject {
  key: string;
  description: string;
  documentation: string;
  /** Short facts, `Type: integer` for instance. */
  facts: string[];
}

/** A content pack's documentation, whatever it is shown as. */
export interface Documentation {
  name: string;
  displayName: string;
  version: string;
  /** The version once more, unless it is the one that stands for none. */
  release: string;
  description: string;
  documentation: string;
  sections: { type: string; objects: DocumentedObject[] }[];
}
