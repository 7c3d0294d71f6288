// The registry's tables and the procedures that change them in the store's thread, each change with its inventory entry.
import type { Database } from 'better-sqlite3';
import type { Device, InventoryChange } from '#model';
import type { Migrations, OpenProcedures } from '#store';
import { registryFaults } from './errors.ts';
import { checkDevice, maxDevices } from './validate.ts';

export { credentialsMigrations, openCredentialsProcedures } from './credential-tables.ts';
export { findingsMigrations, openFindingsProcedures } from './finding-tables.ts';

export const registryMigrations: Migrations = {
  room: 'registry',
  steps: [
    `CREATE TABLE registry_device (
       id TEXT PRIMARY KEY,
       -- The Device as JSON; secrets are not in it.
       device TEXT NOT NULL,
       changed_at INTEGER NOT NULL
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE registry_login (
       device TEXT PRIMARY KEY REFERENCES registry_device (id) ON DELETE CASCADE,
       sealed BLOB NOT NULL
     ) STRICT, WITHOUT ROWID;`,
  ],
};

/** What may be changed of a registered device. */
export type DevicePatch = Partial<Omit<Device, 'id' | 'type'>>;

/** Up to 500 rows in order of id. */
export interface RegistryPage {
  readonly devices: readonly Device[];
  /** Ids of rows of which damage has left no device. */
  readonly unreadable: readonly string[];
  /** The last id; undefined behind the last page. */
  readonly last: string | undefined;
}

export interface RegistryProcedures {
  /** The rows after the id `after`: a page of the mirror. */
  page(after: string): RegistryPage;
  /** Takes the place of an unreadable row of the same id. @throws registry.exists, registry.full */
  add(argument: { readonly device: Device; readonly sealed: Uint8Array | undefined }): void;
  /** The device after the change; an update that changes nothing appends nothing. @throws registry.unknown */
  update(argument: { readonly id: string; readonly patch: DevicePatch }): Device;
  /** The device that is no more; of an unreadable one no more than its id is told. @throws registry.unknown */
  remove(id: string): Device;
  login(id: string): Uint8Array | undefined;
  /** Replaces the login; undefined removes it. @throws registry.unknown */
  setLogin(argument: { readonly id: string; readonly sealed: Uint8Array | undefined }): void;
}

/** Topic announced after each committed change. */
export const registryTopic = 'registry';

export const openRegistryProcedures: OpenProcedures<RegistryProcedures> = (db, world) => {
  const statements = prepare(db);
  const find = (id: string): Device | undefined => {
    const row = statements.find.get(id);
    return row && read(row);
  };
  const get = (id: string): Device => {
    const device = find(id);
    if (!device) throw registryFaults.fault('unknown', { detail: id });
    return device;
  };
  const tell = (change: InventoryChange['change'], device: Device): void =>
    world.append({ class: 'inventory', value: { change, device, time: world.now() } });
  return {
    page(after) {
      const rows = statements.page.all(after).map((row) => ({ id: row.id, device: read(row) }));
      return {
        devices: rows.flatMap(({ device }) => device ?? []),
        unreadable: rows.flatMap(({ id, device }) => (device ? [] : id)),
        last: rows.at(-1)?.id,
      };
    },
    add({ device, sealed }) {
      if (find(device.id)) throw registryFaults.fault('exists', { detail: device.id });
      statements.remove.run(device.id);
      if ((statements.count.get() ?? 0) >= maxDevices) throw registryFaults.fault('full');
      statements.insert.run(device.id, JSON.stringify(device), world.now());
      if (sealed) statements.seal.run(device.id, sealed);
      tell('added', device);
    },
    update({ id, patch }) {
      const before = JSON.stringify(get(id));
      const device = merge(JSON.parse(before) as Device, patch);
      const after = JSON.stringify(device);
      if (after === before) return device;
      statements.change.run(after, world.now(), id);
      tell('changed', device);
      return device;
    },
    remove(id) {
      const row = statements.find.get(id);
      const device = row ? (read(row) ?? remainsOf(row)) : get(id);
      statements.remove.run(id);
      tell('removed', device);
      return device;
    },
    login: (id) => statements.login.get(id),
    setLogin({ id, sealed }) {
      get(id);
      if (sealed) statements.seal.run(id, sealed);
      else statements.unseal.run(id);
    },
  };
};

interface DeviceRow {
  readonly id: string;
  readonly device: string;
}

/**
 * The device of a row; undefined when damage has left none: a flipped bit in a value is no damage that SQLite sees. Whoever makes `checkDevice` stricter
 * brings the rows over: a device that does not pass is not watched.
 */
function read({ id, device: text }: DeviceRow): Device | undefined {
  try {
    const device = JSON.parse(text) as Device;
    checkDevice(device);
    return device.id === id ? device : undefined;
  } catch {
    return undefined;
  }
}

/** What can be told of an unreadable device that is removed. */
function remainsOf({ id, device: text }: DeviceRow): Device {
  const type = text.includes('"sensor"') ? 'sensor' : 'camera';
  const identity = { maker: '', model: '', firmware: '', serial: '' };
  return { id, type, name: '', address: '', purpose: '', place: {}, channels: [], identity };
}

/** Keys in one fixed order, so that equal devices are equal as text. */
function merge(device: Device, patch: DevicePatch): Device {
  const { id, type, name, address, purpose, place, channels, identity, group, features, record, ptz, ptzReturn } = {
    ...device,
    ...patch,
    id: device.id,
    type: device.type,
  };
  return {
    id,
    type,
    name,
    address,
    purpose,
    place,
    channels,
    identity,
    ...(group !== undefined && { group }),
    ...(features && { features }),
    ...(record && Object.keys(record).length > 0 && { record }),
    ...(ptz !== undefined && { ptz }),
    ...(ptzReturn && { ptzReturn }),
  };
}

function prepare(db: Database) {
  return {
    page: db.prepare<[string], DeviceRow>('SELECT id, device FROM registry_device WHERE id > ? ORDER BY id LIMIT 500'),
    find: db.prepare<[string], DeviceRow>('SELECT id, device FROM registry_device WHERE id = ?'),
    count: db.prepare<[], number>('SELECT count(*) FROM registry_device').pluck(),
    insert: db.prepare<[string, string, number]>('INSERT INTO registry_device (id, device, changed_at) VALUES (?, ?, ?)'),
    change: db.prepare<[string, number, string]>('UPDATE registry_device SET device = ?, changed_at = ? WHERE id = ?'),
    remove: db.prepare<[string]>('DELETE FROM registry_device WHERE id = ?'),
    seal: db.prepare<[string, Uint8Array]>('INSERT OR REPLACE INTO registry_login (device, sealed) VALUES (?, ?)'),
    unseal: db.prepare<[string]>('DELETE FROM registry_login WHERE device = ?'),
    login: db.prepare<[string], Uint8Array>('SELECT sealed FROM registry_login WHERE device = ?').pluck(),
  };
}
