// The scene of the torture `disk` in which there is no room left: readings and lesser alarms fill the store to its limit, then another file the disk itself.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAlarms } from '#alarms';
import { openLog, systemEnv } from '#base';
import type { Reading } from '#model';
import { openOutbox } from '#outbox';
import { openSimulatedSite } from '#simulator';
import { openStore } from '#store';
import { eventually, type GatewayPeer, secretFile } from '../peers/gateway.ts';
import { type DiskStage, openDiskStage, settle, storeState } from './disk-stage.ts';
import { type SendersPlan, torturedSensors } from './senders.ts';
import { openVolume, type Volume } from './volume.ts';

/** What came of it. */
export interface FullFigures {
  /** Critical alarms of the senders: answered, and of these not arrived; must be 0. */
  readonly answered: number;
  readonly answeredButLost: number;
  readonly duplicatesAfterId: number;
  /** By class: what arrived, what did not, what the gaps say did not. The last two must be the same. */
  readonly classes: Readonly<Record<string, { readonly arrived: number; readonly missing: number; readonly told: number }>>;
  /** Kinds of alarms that gave way; critical ones must not be among them. */
  readonly gaveWay: readonly string[];
  /** With the limit reached and then with the disk full: grants that were written, of how many tried, and links of the audit. */
  readonly grantsAtLimit: string;
  readonly grantsOnFullDisk: string;
  readonly auditLinks: number;
  readonly auditValid: boolean;
  readonly freeBytesWhenFull: number;
  /** The hub came back while the disk was still full: from then until the first alarm that had waited in memory, seconds. */
  readonly backSeconds: number;
  readonly deliveredWhileFull: number;
  readonly wellAgain: boolean;
  readonly pending: number;
  readonly stood: boolean;
}

const token = 'chatter-token-0123456789';
const storeLimit = 64 * 2 ** 20;
const volumeMiB = 112;
const chatters = 20;
const tries = 5;
const fillerRounds = 50;

export async function playFull(): Promise<FullFigures> {
  await using volume = await openVolume(volumeMiB);
  await using site = await openSimulatedSite({ cameras: 1 }, systemEnv(openLog('silent')));
  const path = join(volume.folder, 'bongsu.db');
  const store = { path, limit: '64MiB', reserveFile: '8MiB' };
  await using stage = await openDiskStage({ store, sensors: chatteringSensors });
  const { gateway, broker } = stage;
  for (const { id, address, login } of site.cameras)
    await gateway.cli(['camera', 'add', id, '--address', address, '--user', login.user, '--password-stdin'], {
      input: `${login.password}\n`,
    });
  const online = async () => ((await gateway.query('status')) as { cameras: { online: number } }).cameras.online === 1 || undefined;
  await eventually('the camera', online);
  const senders = stage.send();
  await sleep(1000);
  await broker.stop();
  await gateway.stop();
  await fill(path);
  await gateway.start();
  await eventually('the camera again', online);
  await chatter(stage.plan.port, 6000);
  const grantsAtLimit = await tryGrants(gateway);
  volume.occupy();
  await chatter(stage.plan.port, 3000);
  const freeBytesWhenFull = volume.freeBytes();
  const grantsOnFullDisk = await tryGrants(gateway);
  const back = await comeBack(stage, volume);
  await chatter(stage.plan.port, 2000);
  await senders.stop();
  const pending = await settle(stage, senders);
  const { hub, books } = stage;
  const { answeredButLost, duplicatesAfterId } = hub.tally.judge(senders);
  const { rows: auditLinks, valid: auditValid } = (await gateway.query('audit', 'verify')) as { rows: number; valid: boolean };
  const classes = books.account();
  const gaveWay = [...new Set(books.alarmKindsInGaps())];
  const isExact = Object.values(classes).every(({ missing, told }) => missing === told);
  const isKept = answeredButLost + duplicatesAfterId + pending === 0 && !gaveWay.includes('fall') && !gaveWay.includes('intrusion');
  const isWritten = [grantsAtLimit, grantsOnFullDisk].every((text) => text === `${tries}/${tries}`) && auditValid;
  const isFull = (classes['reading']?.told ?? 0) > 0;
  return {
    answered: senders.total,
    answeredButLost,
    duplicatesAfterId,
    classes,
    gaveWay,
    grantsAtLimit,
    grantsOnFullDisk,
    auditLinks,
    auditValid,
    freeBytesWhenFull,
    ...back,
    pending,
    stood: isExact && isKept && isWritten && isFull && back.wellAgain && back.deliveredWhileFull > 0,
  };
}

/** The hub returns while the disk is full; then the other file goes. */
async function comeBack({ gateway, broker, hub }: DiskStage, volume: Volume) {
  const before = hub.tally.received;
  await broker.start();
  const startMs = Date.now();
  await eventually('an alarm at the hub', () => hub.tally.received > before || undefined, 60_000).catch(() => {});
  const backSeconds = (Date.now() - startMs) / 1000;
  await sleep(3000);
  const deliveredWhileFull = hub.tally.received - before;
  await volume.free();
  const look = async () => (await storeState(gateway)) === 'ok' || undefined;
  const wellAgain = await eventually('a store that is well', look, 60_000).catch(() => false as const);
  return { backSeconds, deliveredWhileFull, wellAgain };
}

/** Takes pictures in the technician's name: each is a grant, two rows of the ledger and links of the audit. How many were written. */
async function tryGrants(gateway: GatewayPeer): Promise<string> {
  const count = async (): Promise<number> => ((await gateway.query('grant', 'list', '--all')) as { grants: unknown[] }).grants.length;
  const before = await count();
  for (let number = 0; number < tries; number += 1) {
    const out = join(gateway.folder, `look-${before}-${number}.jpg`);
    await gateway.cli(['camera', 'snapshot', 'cam-1', '--reason', 'disk full', '--out', out]).catch(() => {});
  }
  return `${(await count()) - before}/${tries}`;
}

/**
 * No sensor makes readings yet: the torture appends them itself, with the gateway's own store thread, until more than the limit has been written; then
 * warnings, until they too must give way.
 */
async function fill(path: string): Promise<void> {
  const env = systemEnv(openLog('silent'));
  const limits = { limit: storeLimit, reserveFile: 8 * 2 ** 20 };
  const workerData = { path, bootId: 'torture', destinations: ['hub'], limits, alarms: { floodLimit: 6000, latch: [] } };
  const entry = new URL('../../src/gateway/store-thread.ts', import.meta.url);
  await using store = await openStore({ entry, workerData, queueLimit: 20_000 }, env);
  const outbox = openOutbox({ store });
  const batch = Array.from({ length: 400 }, (_, index): Reading => {
    return { device: `hydrant-${index}`, channel: 'main', kind: 'pressure', value: 412.5, unit: 'kPa', quality: 'good', time: Date.now() };
  });
  const bytes = JSON.stringify(batch).length;
  for (let written = 0; written < 1.2 * storeLimit; written += 20 * bytes)
    await outbox.appendReadings(Array.from({ length: 20 }, () => batch));
  const alarms = openAlarms({ store }, env);
  const detail = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`text${index}`, 'x'.repeat(290)]));
  const warning = { device: 'filler', kind: 'motion', state: 'pulse', occurrence: undefined, clockQuality: 'receipt', detail } as const;
  for (let round = 0; round < fillerRounds; round += 1) {
    const reports = Array.from({ length: 100 }, (_, index) => alarms.report({ ...warning, channel: `${index}`, time: Date.now() }));
    // What finds no room is refused: its sender would come again.
    await Promise.allSettled(reports);
  }
}

/** Beside the senders a source of many lesser alarms, each over at once. */
async function chatteringSensors(plan: SendersPlan, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const { webhook } = (await torturedSensors(folder, plan)) as { webhook: { listen: object; sources: object[] } };
  const source = {
    id: 'chatter',
    device: 'chatter',
    token: await secretFile(folder, 'chatter.token', token),
    map: {
      id: 'id',
      device: 'unit',
      detail: { text: 'text' },
      rules: ['motion', 'hydrant-parking', 'intrusion'].map((kind) => ({ kind, state: 'pulse', when: { path: 'kind', equals: [kind] } })),
    },
    devices: Array.from({ length: chatters }, (_, index) => ({ device: `chat-${index}`, key: `chat-${index}` })),
  };
  return { webhook: { ...webhook, sources: [...webhook.sources, source] } };
}

/** Every tenth is major; nobody sends anything twice. */
async function chatter(port: number, forMs: number): Promise<void> {
  const end = Date.now() + forMs;
  await Promise.all(
    Array.from({ length: chatters }, async (_, index) => {
      for (let number = 0; Date.now() < end; number += 1) {
        const kind = number % 10 === 9 ? 'intrusion' : number % 2 === 0 ? 'motion' : 'hydrant-parking';
        const body = JSON.stringify({ id: `${index}.${number}.${end}`, unit: `chat-${index}`, kind, text: 'x'.repeat(1500) });
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const sent = fetch(`http://127.0.0.1:${port}/webhook/chatter`, {
          method: 'POST',
          body,
          headers,
          signal: AbortSignal.timeout(2000),
        });
        await sent.then((response) => response.arrayBuffer()).catch(() => {});
        await sleep(20);
      }
    }),
  );
}
