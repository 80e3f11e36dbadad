import type { RawModel } from '../../models/index.ts';
import type { TokenRequest } from '../../template/index.ts';
import { type Claim, machineClaims, profileClaims, UNKNOWN_MACHINE_CLAIMS } from '../state/claims.ts';
import type { Found, Objects } from '../state/objects.ts';
import type { Authentication } from './authentication.ts';

const THREE_YEARS_SECONDS = 3 * 52 * 7 * 24 * 3600;

/** Makes tokens for machines, their templates and their jobs. */
export class MachineTokens {
  readonly #objects: Objects;
  readonly #authentication: Authentication;

  constructor(objects: Objects, authentication: Authentication) {
    this.#objects = objects;
    this.#authentication = authentication;
  }

  /** A token with the rights that a machine needs: for itself and its jobs, and reading what these use. */
  ofMachine(uuid: string, seconds: number): string {
    return this.#authentication.token(`machine:${uuid}`, seconds, machineClaims(uuid));
  }

  /** The token that a template requests; undefined when the requested profile does not exist. */
  forTemplate(machine: Found | undefined, request: TokenRequest): string | undefined {
    if (machine === undefined)
      return this.#authentication.token(
        'system:unknown-machine',
        this.#preferredSeconds('unknownTokenTimeout'),
        UNKNOWN_MACHINE_CLAIMS,
      );
    if (request.kind === 'infinite') return this.ofMachine(machine.key, THREE_YEARS_SECONDS);
    if (request.kind !== 'profile')
      return this.ofMachine(machine.key, this.#preferredSeconds('knownTokenTimeout'));
    const { profile, seconds } = request;
    if (!this.#objects.lookup.exists('profiles', profile)) return undefined;
    return this.#authentication.token(`machine:${machine.key}`, seconds, profileClaims(profile));
  }

  /**
   * The token of a job whose task has more rights than its machine. It expires with the job. Undefined for other jobs.
   */
  ofJob({ Uuid, Machine, ExtraClaims }: RawModel): string | undefined {
    const extra = (ExtraClaims ?? []) as Claim[];
    if (extra.length === 0) return undefined;
    const claims = [...machineClaims(String(Machine)), ...extra];
    return this.#authentication.token(`machine:${Machine}`, THREE_YEARS_SECONDS, claims, String(Uuid));
  }

  #preferredSeconds(preference: string): number {
    return Number(this.#objects.lookup.preference(preference));
  }
}
