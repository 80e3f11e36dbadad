/** What `GET /info` answers; the fields that plugins ask for, of more. */
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

/** What a list of objects can be filtered by. */
export interface Index {
  /** How values are written: `string`, `boolean`, `UUID`, ... */
  Type: string;
  /** No two objects have the same value, so that `NAME:VALUE` can stand for a key. */
  Unique: boolean;
  /** Cannot be sorted by. */
  Unordered: boolean;
  /** Takes `filter.re`. */
  Regex: boolean;
}
