/** The answer of `GET /info`, with the fields that plugins use. Endpoints send more. */
export interface Info {
  arch: string;
  os: string;
  version: string;
  id: string;
  local_id: string;
  ha_id: string;
  api_port: number;
  file_port: number;
  address: string;
  /** Names of what this endpoint can do, `secure-param-upgrade` for example. */
  features: string[];
  [field: string]: unknown;
}

/** An index by which a list of objects can be filtered. */
export interface Index {
  /** The type of its values: `string`, `boolean`, `UUID`, ... */
  Type: string;
  /** Values are unique, so that `NAME:VALUE` can be used as a key. */
  Unique: boolean;
  /** Lists cannot be sorted by it. */
  Unordered: boolean;
  /** `filter.re` works on it. */
  Regex: boolean;
}
