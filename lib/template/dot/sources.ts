type Model = Readonly<Record<string, unknown>>;

/** A token that a template asks for. */
export type TokenRequest =
  /** For the machine, by the preference knownTokenTimeout. */
  | { kind: 'known' }
  /** Where there is no machine, by unknownTokenTimeout. */
  | { kind: 'unknown' }
  /** For the machine, for three years. */
  | { kind: 'infinite' }
  /** To read and change a profile of the machine. */
  | { kind: 'profile'; profile: string; seconds: number };

/** Addresses of the endpoint as the machine reaches it. Those with Host have its name in place of an IP address. */
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

/** What dr-provision's templates see comes from here. Objects are as the API has them; none of them is changed. */
export interface RenderSources {
  readonly machine?: Model;
  readonly bootEnv?: Model;
  readonly stage?: Model;
  readonly task?: Model;
  readonly currentJob?: Model;
  /**
   * A param by dr-provision's order: the machine, its profiles, those of its stage, the global profile, the default of
   * the schema. Undefined where it is in none. Whether secure ones are open (in tasks they are) is up to the caller.
   */
  param(name: string): unknown;
  /** The value composed of all of these, for `.ComposeParam`. */
  composedParam(name: string): unknown;
  readonly urls: EndpointUrls;
  /** Undefined where there is no such profile. */
  token(request: TokenRequest): string | undefined;
  /** The endpoint's own object `info`. */
  info(): Model;
  /** The OS of the runner, `.Task.TargetOS`. */
  readonly targetOs?: string;
  /** A package repository of an installation medium that the endpoint has itself. */
  localRepository?(): Model | undefined;
}
