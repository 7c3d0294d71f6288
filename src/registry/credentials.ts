// Sets of logins that are tried at cameras which have none of their own: entered by a person, stored sealed, opened only to be tried.
import { type Env, type Login, messageOf, type Sealer } from '#base';
import { type CredentialScope, type CredentialSet, isId, type OpenedCredentialSet } from '#model';
import type { Store } from '#store';
import type { CredentialsProcedures, SealedSet } from './credential-tables.ts';
import { registryFaults } from './errors.ts';
import { checkLogin } from './validate.ts';

/** A set as a person enters it. */
export interface NewCredentialSet {
  readonly name: string;
  readonly login: Login;
  readonly scope: CredentialScope;
  /** Behind all others when left out. */
  readonly position?: number | undefined;
}

/** The sets, in the order in which they are tried. What rejects, rejects with the store's faults. */
export interface Credentials {
  /** Without secrets. A set that the store's key does not open has no user name. */
  list(): Promise<readonly CredentialSet[]>;
  /** With secrets; one that the store's key does not open is left out, and logged. */
  open(): Promise<readonly OpenedCredentialSet[]>;
  /** @throws registry.set-exists, registry.sets-full, registry.invalid */
  add(set: NewCredentialSet): Promise<void>;
  /** @throws registry.set-unknown */
  remove(name: string): Promise<void>;
}

const maxScope = 50;
const maxText = 100;

/** Opens the sets; nothing is kept in memory between calls. */
export function openCredentials({ store, sealer }: { readonly store: Store; readonly sealer: Sealer }, env: Env): Credentials {
  const calls = store.procedures<CredentialsProcedures>('credentials', { reserved: true });
  const unseal = ({ name, sealed }: SealedSet): Login | undefined => {
    try {
      return JSON.parse(sealer.open(sealed, contextOf(name))) as Login;
    } catch (error) {
      env.log.error({ set: name, error: messageOf(error) }, 'a set of logins cannot be opened; enter it again');
      return undefined;
    }
  };
  return {
    list: async () => (await calls.list()).map((set) => ({ ...withoutSecret(set), user: unseal(set)?.user ?? '' })),
    open: async () =>
      (await calls.list()).flatMap((set) => {
        const login = unseal(set);
        return login ? { ...withoutSecret(set), login } : [];
      }),
    async add({ name, login, scope, position }) {
      if (!isId(name)) throw registryFaults.fault('invalid', { detail: `name: ${name.slice(0, 40)}` });
      const sealed = sealer.seal(JSON.stringify(checkLogin(login)), contextOf(name));
      await calls.add({ name, position, scope: checkScope(scope), sealed });
    },
    async remove(name) {
      if (!(await calls.remove(name))) throw registryFaults.fault('set-unknown', { detail: name });
    },
  };
}

/** Not that of a camera of the same name: the sealed text of one does not open in the place of the other. */
function contextOf(name: string): string {
  return `credential set ${name}`;
}

function withoutSecret({ name, position, scope }: SealedSet): Omit<CredentialSet, 'user'> {
  return { name, position, scope };
}

function checkScope(scope: CredentialScope): CredentialScope {
  for (const [field, texts] of Object.entries(scope) as [string, readonly string[]][]) {
    const wrong = texts.length > maxScope || texts.some((text) => text === '' || text.length > maxText || /\p{Cc}/u.test(text));
    if (wrong) throw registryFaults.fault('invalid', { detail: `scope.${field}` });
  }
  return scope;
}
