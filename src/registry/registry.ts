// What stands in the field: devices with their channels and sealed logins, mirrored in memory so that finding one costs nothing.
import type { Env, Login, Sealer } from '#base';
import { BongsuError, messageOf } from '#base';
import type { Device, DeviceType, InventoryChange } from '#model';
import type { Store } from '#store';
import type { DevicePatch, RegistryPage, RegistryProcedures } from './tables.ts';
import { checkDevice, checkLogin } from './validate.ts';

/** The registered devices. Changes are committed, each with one inventory entry of its own transaction, before they resolve. */
export interface Registry {
  find(id: string): Device | undefined;
  /** Ids of registered devices of which damage has left no more: nobody watches them. Ends with `add` or `remove`. */
  unreadable(): readonly string[];
  /** In order of id. */
  list(type?: DeviceType): readonly Device[];
  /** The login is stored sealed. After `store.hung` the same may be tried again. @throws registry.exists, registry.full, registry.invalid */
  add(device: Device, login?: Login): Promise<void>;
  /** The device after the change; a change of nothing appends no entry. @throws registry.unknown, registry.invalid */
  update(id: string, patch: DevicePatch): Promise<Device>;
  /** Forgets the device and its login. @throws registry.unknown */
  remove(id: string): Promise<void>;
  /** The login in clear; undefined when the device has none. @throws base.seal-broken */
  login(id: string): Promise<Login | undefined>;
  /** Replaces the login, or removes it. The hub is not told. @throws registry.unknown, registry.invalid */
  setLogin(id: string, login: Login | undefined): Promise<void>;
  /** Calls `listener` after each committed change, in the order of the commits. */
  watch(listener: (change: InventoryChange) => void): Disposable;
  /** Calls `listener` with the id after each committed change of a login by `setLogin`. It must not throw. */
  watchLogins(listener: (id: string) => void): Disposable;
}

/** What the registry needs of its neighbours. */
export interface RegistryDeps {
  readonly store: Store;
  readonly sealer: Sealer;
}

/** Loads the mirror and opens the registry. */
export async function openRegistry(deps: RegistryDeps, env: Env): Promise<Registry> {
  const procedures = deps.store.procedures<RegistryProcedures>('registry', { reserved: true });
  const { mirror, unreadable } = await load(procedures);
  const listeners = new Set<(change: InventoryChange) => void>();
  const loginListeners = new Set<(id: string) => void>();

  const apply = (change: InventoryChange['change'], device: Device): void => {
    unreadable.delete(device.id);
    if (change === 'removed') mirror.delete(device.id);
    else mirror.set(device.id, device);
    for (const listener of listeners) {
      try {
        listener({ change, device, time: env.clock.now() });
      } catch (error) {
        env.log.error({ device: device.id, error: messageOf(error) }, 'a listener of the registry failed');
      }
    }
  };
  return {
    find: (id) => mirror.get(id),
    unreadable: () => [...unreadable],
    list: (type) =>
      [...mirror.values()]
        .filter((device) => type === undefined || device.type === type)
        .toSorted((left, right) => (left.id < right.id ? -1 : 1)),
    async add(input, login) {
      const device = checkDevice(input);
      const { id } = device;
      const sealed = login && deps.sealer.seal(JSON.stringify(checkLogin(login)), device.id);
      try {
        await procedures.add({ device, sealed });
      } catch (error) {
        const kept = isFault(error, 'registry.exists') && !mirror.has(id) ? await procedures.update({ id, patch: {} }) : undefined;
        if (kept) apply('added', kept);
        if (login || JSON.stringify(kept) !== JSON.stringify(device)) throw error;
        return;
      }
      apply('added', device);
    },
    async update(id, patch) {
      const before = mirror.get(id);
      const device = await procedures.update({ id, patch: before ? checkPatch(before, patch) : {} });
      const known = mirror.get(id);
      if (JSON.stringify(known) !== JSON.stringify(device)) apply('changed', device);
      return device;
    },
    async remove(id) {
      const known = mirror.get(id);
      const removed = await procedures.remove(id).catch((error: unknown) => {
        if (!known || !isFault(error, 'registry.unknown')) throw error;
        return known;
      });
      apply('removed', removed);
    },
    async login(id) {
      const sealed = await procedures.login(id);
      return sealed && (JSON.parse(deps.sealer.open(sealed, id)) as Login);
    },
    async setLogin(id, login) {
      await procedures.setLogin({ id, sealed: login && deps.sealer.seal(JSON.stringify(checkLogin(login)), id) });
      for (const listener of loginListeners) listener(id);
    },
    watchLogins(listener) {
      loginListeners.add(listener);
      return { [Symbol.dispose]: () => loginListeners.delete(listener) };
    },
    watch(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
  };
}

/** What the store says of a change that it has already, when the answer to an earlier try was lost. */
function isFault(error: unknown, code: string): boolean {
  return error instanceof BongsuError && error.code === code;
}

/** The checked values of exactly the keys that the patch names. */
function checkPatch(device: Device, patch: DevicePatch): DevicePatch {
  const checked = checkDevice({ ...device, ...patch, id: device.id, type: device.type });
  return Object.fromEntries(Object.keys(patch).map((key) => [key, checked[key as keyof DevicePatch]]));
}

async function load(procedures: { page(after: string): Promise<RegistryPage> }) {
  const mirror = new Map<string, Device>();
  const unreadable = new Set<string>();
  for (let after = ''; ; ) {
    const page = await procedures.page(after);
    for (const device of page.devices) mirror.set(device.id, device);
    for (const id of page.unreadable) unreadable.add(id);
    if (page.last === undefined) return { mirror, unreadable };
    after = page.last;
  }
}
