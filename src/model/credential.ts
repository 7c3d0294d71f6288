// A set of login names and passwords for many cameras, as two or more rooms must know it.
import type { Login } from '#base';

/** Which cameras a set is for: of each list that is not empty, one must fit. All empty: every camera. */
export interface CredentialScope {
  /** `10.0.0.0/22`, `10.0.0.10-10.0.0.90` or one address. */
  readonly ranges: readonly string[];
  /** As cameras say it, or the beginning of it; capitals do not matter. */
  readonly makers: readonly string[];
  /** Beginnings of MAC addresses in pairs of digits: `00:09:18`. */
  readonly macs: readonly string[];
}

/** A set without its secret. */
export interface CredentialSet {
  /** Form of an id. */
  readonly name: string;
  readonly user: string;
  readonly scope: CredentialScope;
  /** Sets are tried from the smallest on. */
  readonly position: number;
}

/** A set with its secret; lives in memory only while logins are tried. */
export interface OpenedCredentialSet extends Omit<CredentialSet, 'user'> {
  readonly login: Login;
}
