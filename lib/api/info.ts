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
