type Model = Readonly<Record<string, unknown>>;

/** A token requested by a template. */
export type TokenRequest =
  /** For the machine, with the lifetime of preference knownTokenTimeout. */
  | { kind: 'known' }
  /** Without a machine, with the lifetime of unknownTokenTimeout. */
  | { kind: 'unknown' }
  /** For the machine, for three years. */
  | { kind: 'infinite' }
  /** To read and change a profile of the machine. */
  | { kind: 'profile'; profile: string; seconds: number };

/**
 * URLs and addresses of the endpoint as the machine reaches it. Those with Host in their name have a host name instead
 * of an IP address.
 */
export interface EndpointUrls {
  /** `.ProvisionerAddress`, an IP address. */
  ProvisionerAddress: string;
  ProvisionerURL: string;
  SecureProvisionerURL: string;
  ApiURL: string;
  ProvisionerHostURL: string;
  SecureProvisionerHostURL: string;
  ApiHostURL: string;
}

/** The data for dr-provision's templates. Objects are in the API's form and are not changed. */
export interface RenderSources {
  readonly machine?: Model;
  readonly bootEnv?: Model;
  readonly stage?: Model;
  readonly task?: Model;
  readonly currentJob?: Model;
  /**
   * A param in dr-provision's order of precedence: machine, its profiles, those of its stage, global profile, default
   * of the schema. Undefined when none has it. The caller decides whether secure params are decrypted (for tasks they
   * are).
   */
  param(name: string): unknown;
  /** The merged value of all of these, for `.ComposeParam`. */
  composedParam(name: string): unknown;
  readonly urls: EndpointUrls;
  /** Undefined when there is no such profile. */
  token(request: TokenRequest): string | undefined;
  /** The endpoint's object `info`. */
  info(): Model;
  /** The runner's operating system, `.Task.TargetOS`. */
  readonly targetOs?: string;
  /** The package repository of an installation medium at the endpoint. */
  localRepository?(): Model | undefined;
}
