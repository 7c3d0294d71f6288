// What every fake of the store answers when the disk is well and wide.
import type { Space, Store } from '#store';

/** Health, damage and backup of a store that has never failed. */
export const wellStore: Pick<Store, 'health' | 'disk' | 'damage' | 'restored' | 'backup'> = {
  health: () => ({ state: 'ok', reason: '', since: 0, lastError: '', fsyncMs: 0, queued: 0 }),
  disk: () => ({ isLow: false, freeBytes: 2 ** 40, isLogHeld: false, heldLogBytes: 0 }),
  damage: () => undefined,
  restored: () => undefined,
  backup: async () => ({ bytes: 0 }),
};

/** Room for 4 GiB. */
export const ampleSpace = (): Space => ({ usedBytes: 0, limitBytes: 2 ** 32, reservedBytes: 2 ** 22, freeBytes: 2 ** 32 - 2 ** 22 });
