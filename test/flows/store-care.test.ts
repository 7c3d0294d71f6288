// The store in a technician's hands: a backup while alarms flow, a restore while nothing runs, and a file whose pages went bad.
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freePort, type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { openFault } from '../peers/strace.ts';
import { fallRadar, fallToken, openProvince, type Province } from './site.ts';

/** Every message is an alarm of its own, raised and over at once. */
const map = {
  id: 'id',
  detail: { message: 'id' },
  rules: [{ kind: 'fall', state: 'pulse', when: { path: 'payload.status', equals: ['fall confirmed'] } }],
};

const stack = new AsyncDisposableStack();
let province: Province;
let gateway: GatewayPeer;
let port = 0;
let backup = '';

beforeAll(async () => {
  province = stack.use(await openProvince());
  port = await freePort();
  gateway = stack.use(
    await openGateway(async (folder) => ({
      uplink: province.uplink,
      sensors: { webhook: await fallRadar(folder, port, { map }) },
    })),
  );
  backup = join(gateway.folder, 'copy.db');
});
afterAll(() => stack.disposeAsync());

async function push(id: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/webhook/radar`, {
    method: 'POST',
    body: JSON.stringify({ id, type: 1, payload: { status: 'fall confirmed', timestamp: new Date().toISOString() } }),
    headers: { authorization: `Bearer ${fallToken}`, 'content-type': 'application/json' },
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${id} is answered ${response.status}`);
}

const atHub = (id: string): boolean =>
  province.hub.alarms({ device: 'fall-1' }).some((alarm) => (alarm['data'] as { detail: { message?: string } }).detail.message === id);

/** Pushes one alarm and waits until the hub has it. */
async function provesToFlow(id: string): Promise<void> {
  await push(id);
  await eventually(`${id} at the hub`, () => atHub(id) || undefined);
}

/** Everything that the database at `path` says in `sql`. */
function look<T>(path: string, sql: string): T[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare<[], T>(sql).all();
  } finally {
    db.close();
  }
}

const conditionsAtHub = (kind: string): readonly Readonly<Record<string, unknown>>[] =>
  province.hub.messages.filter(({ topic }) => topic.endsWith(`/condition/${kind}/gateway`)).map(({ body }) => body);

const restart = async (between: () => Promise<unknown>): Promise<void> => {
  await gateway.stop();
  await between();
  await gateway.start();
};

/** Every step of the history, as the export prints them. */
const steps = async (...args: string[]): Promise<{ transition: { step: string } }[]> =>
  (await gateway.cli(['outbox', 'export', ...args]))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { transition: { step: string } });

const acts = (): Record<string, unknown>[] => look(join(gateway.folder, 'bongsu.db'), 'SELECT act, detail FROM access_audit ORDER BY row');

describe('the store', () => {
  it('is copied while alarms flow, into a private file that was not there', async () => {
    let flowing = true;
    let sent = 0;
    const flow = (async () => {
      while (flowing) {
        await push(`flow-${sent}`);
        sent += 1;
      }
    })();
    await eventually('some alarms', () => sent > 100 || undefined);
    const made = (await gateway.query('outbox', 'backup', backup)) as { path: string; bytes: number };
    const sentThen = sent;
    await eventually('alarms after the backup', () => sent > sentThen + 20 || undefined);
    flowing = false;
    await flow;
    const file = await stat(backup);
    expect(made).toEqual({ path: backup, bytes: file.size });
    expect(file.mode & 0o777).toBe(0o600);
    expect(await gateway.cli(['outbox', 'backup', backup], { status: 1 })).toContain('A file of this name exists already');
    expect(look(backup, 'PRAGMA quick_check')).toEqual([{ quick_check: 'ok' }]);
    expect(await steps()).toHaveLength(2 * sent);
    expect(await steps('--to', '2020-01-01')).toEqual([]);
  });

  it('is not restored while the gateway runs, nor by mistake', async () => {
    const config = join(gateway.folder, 'config.yaml');
    expect(await gateway.cli(['outbox', 'restore', backup, '--config', config, '--yes'], { status: 1 })).toContain('The store is in use');
    expect(await gateway.cli(['outbox', 'restore', backup, '--config', config], { status: 2 })).toContain('--yes');
    expect(JSON.stringify(await gateway.query('status'))).toContain('"state":"ok"');
  });

  it('is what the backup was after a restore, which is on the audit, and alarms flow', async () => {
    const config = join(gateway.folder, 'config.yaml');
    const inBackup = look<{ alarm_id: string }>(backup, 'SELECT alarm_id FROM alarm ORDER BY row DESC').map(({ alarm_id }) => alarm_id);
    expect(inBackup.length).toBeGreaterThan(100);
    const stepsInBackup = look(backup, 'SELECT row FROM alarm_transition').length;
    let printed = '';
    await restart(async () => {
      printed = await gateway.cli(['outbox', 'restore', backup, '--config', config, '--yes']);
    });
    expect(printed).toContain('The former file lies at');
    const { alarms } = (await gateway.query('alarm', 'list', '--limit', '1000')) as { alarms: { alarmId: string }[] };
    expect(alarms.map(({ alarmId }) => alarmId)).toEqual(inBackup.slice(0, 1000));
    expect(await steps()).toHaveLength(stepsInBackup);
    expect(JSON.stringify(await gateway.query('audit', 'verify'))).toContain('"valid":true');
    await provesToFlow('after-restore');
    const told = await eventually('the restore on the audit', () => acts().find(({ act }) => act === 'store.restored'));
    expect(told['detail']).toContain(backup);
    expect(acts().filter(({ act }) => act === 'outbox.backup')).toHaveLength(1);
  });

  it('whose pages went bad is set aside and salvaged; the hub hears it, and alarms flow', async () => {
    const path = join(gateway.folder, 'bongsu.db');
    await restart(async () => {
      const { size } = await stat(path);
      await using file = await open(path, 'r+');
      const bad = new Uint8Array(4 * 4096).fill(0xa5);
      await file.write(bad, 0, bad.length, Math.floor(size / 2 / 4096) * 4096);
    });
    const raised = await province.hub.wait('the condition', ({ topic, body }) => {
      return topic.endsWith('/condition/store-damaged/gateway') && JSON.stringify(body).includes('salvaged');
    });
    expect(raised.body['severity']).toBe('major');
    expect(JSON.stringify(raised.body)).not.toContain(gateway.folder);
    const shown = await gateway.cli(['status']);
    expect(shown).toMatch(/store was damaged .*[0-9]+ rows were salvaged.*bongsu\.db\.damaged-/);
    await provesToFlow('after-damage');
    await eventually('the damage on the audit', () => acts().some(({ act }) => act === 'store.damaged') || undefined);
  });

  it('that was opened without damage ends the condition', async () => {
    const before = conditionsAtHub('store-damaged').length;
    await restart(() => sleep(0));
    await eventually('the end at the hub', () => conditionsAtHub('store-damaged').length === before + 1 || undefined);
    expect(await gateway.cli(['status'])).not.toContain('store was damaged');
    await provesToFlow('at the end');
  });

  it('with a registration that damage has made unreadable opens, names the device, and takes it anew', async () => {
    const add = (id: string): Promise<string> => gateway.cli(['camera', 'add', id, '--address', 'rtsp://127.0.0.1:9/video']);
    await add('cam-1');
    await add('cam-2');
    await restart(async () => {
      const db = new Database(join(gateway.folder, 'bongsu.db'));
      db.exec("UPDATE registry_device SET device = 'z' || substr(device, 2) WHERE id = 'cam-1'");
      db.close();
    });
    const told = () =>
      province.hub.messages.filter(({ topic }) => topic.endsWith('/condition/store-damaged/cam-1')).map(({ body }) => body['type']);
    await eventually('the damage at the hub', () => told().length === 1 || undefined);
    const { cameras } = (await gateway.query('camera', 'list')) as { cameras: { id: string }[] };
    expect(cameras.map(({ id }) => id)).toEqual(['cam-2']);
    expect(await gateway.cli(['status'])).toMatch(/store was damaged .*cam-1/);
    await provesToFlow('beside the damage');
    await add('cam-1');
    await eventually('the end at the hub', () => told().length === 2 || undefined);
    expect(told()).toEqual(['kr.bongsu.condition.raised.v1', 'kr.bongsu.condition.cleared.v1']);
  });

  it('on a disk that hangs is shown as failing at once, and the hub is told when it works again', async () => {
    {
      await using _sick = await openFault(gateway.pid, ['fdatasync', 'fsync'], 'delay_enter=8000000');
      const pushed = push('while it hangs');
      const { store, conditions } = await eventually('a failing store', async () => {
        const status = (await gateway.query('status')) as { store: { state: string }; conditions: object[] };
        return status.store.state === 'failing' ? status : undefined;
      });
      expect(store).toMatchObject({ reason: 'hung', lastError: expect.stringMatching(/./), readAt: expect.any(Number) });
      expect(conditions).toContainEqual(expect.objectContaining({ kind: 'store-failing', device: 'gateway', severity: 'major' }));
      const began = Date.now();
      expect(await gateway.cli(['status'])).toMatch(/FAILING for .*the disk does not answer/);
      expect(Date.now() - began).toBeLessThan(3000);
      await pushed;
    }
    const told = await eventually(
      'both steps at the hub',
      () => {
        const steps = conditionsAtHub('store-failing');
        return steps.length >= 2 ? steps : undefined;
      },
      40_000,
    );
    expect(told.map(({ type }) => type)).toEqual(['kr.bongsu.condition.raised.v1', 'kr.bongsu.condition.cleared.v1']);
    expect(String(told[0]?.['time']) < String(told[1]?.['time'])).toBe(true);
    expect(JSON.stringify(await gateway.query('status'))).toContain('"state":"ok"');
  });
});
