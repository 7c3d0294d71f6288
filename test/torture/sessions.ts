// The torture `sessions`: short sessions by the thousand, each with a grant of its own; memory, descriptors and children of the gateway and its media process must return to where they were.
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '../../bench/process.ts';
import { compileLoad, startCameras } from '../../bench/relay-load.ts';
import { openProvince, type Province } from '../flows/site.ts';
import { type GatewayPeer, openGateway } from '../peers/gateway.ts';
import { grantRequest } from '../peers/hub.ts';
import { fetchedKinds, openPushKind, type SessionKind } from './session-kinds.ts';
import type { Ordeal, TortureOptions } from './torture.ts';

const defaultRounds = 10_000;
const lanes = 12;
/** One camera for most, so that it stays open, and one for few, so that it is opened and closed again and again. */
const [busyCameras, rareEvery] = [3, 25];
const feed = { bytesPerSecond: 100_000, chunkBytes: 6_144, gopMs: 1_000 };
/** Sessions before anything is measured: heaps grow to their size, and FLV's child runs. */
const warmPart = 0.1;
const [minWarm, settleMs] = [60, 20_000];
/** What heaps may have grown by, MiB, over any number of sessions. */
const growthLimitMiB = 40;

/** What one process holds. */
interface Holding {
  readonly rssMiB: number;
  readonly descriptors: number;
}

type Holdings = Readonly<Record<'gateway' | 'media' | 'flv', Holding | undefined>>;

/** The torture; tells what each process held before and after, and how many sessions went wrong. */
export async function sessionsTorture({ rounds = defaultRounds, tell }: Pick<TortureOptions, 'rounds' | 'tell'>): Promise<Ordeal> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'bongsu-sessions-'));
  stack.defer(() => rm(folder, { recursive: true }));
  compileLoad(folder);
  const cameras = stack.use(await startCameras(folder, feed));
  const push = stack.use(await openPushKind());
  const province = stack.use(await openProvince());
  const streams = { closeAfter: '1s', pushTo: [{ address: push.base }] };
  const gateway = stack.use(await openGateway(() => ({ uplink: province.uplink, streams })));
  for (let number = 0; number <= busyCameras; number += 1)
    await gateway.cli(['camera', 'add', `cam-${number}`, '--rtsp', `rtsp://127.0.0.1:${cameras.port}/${number}`]);
  const kinds = [...fetchedKinds, push.kind];

  const failures = new Map<string, number>();
  const open = async (from: number, count: number): Promise<void> => {
    let next = from;
    const lane = async (): Promise<void> => {
      for (let number = next; number < from + count; number = next) {
        next += 1;
        const kind = kinds[number % kinds.length];
        if (!kind) return;
        await openOne(province, kind, number).catch((error: unknown) => {
          const why = `${kind.name}: ${error instanceof Error ? error.message : String(error)}`;
          failures.set(why, (failures.get(why) ?? 0) + 1);
        });
        if (number % 500 === 499) tell(`${number + 1} sessions: ${describe(holdingsOf(gateway))}`);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  const warm = Math.max(minWarm, Math.ceil(rounds * warmPart));
  await open(0, warm);
  const before = await settled(gateway, undefined);
  tell(`before: ${describe(before)}`);
  const startedAt = performance.now();
  await open(warm, rounds);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const after = await settled(gateway, before);
  tell(`after: ${describe(after)}`);
  const { sessions, paths } = (await gateway.query('stream', 'list')) as { sessions: unknown[]; paths: { state: string }[] };
  const figures = {
    rounds,
    seconds,
    failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
    failures: Object.fromEntries(failures),
    left: sessions.length + paths.filter(({ state }) => state !== 'idle').length,
    grownMiB: growthOf(before, after, 'rssMiB'),
    grownDescriptors: growthOf(before, after, 'descriptors'),
    before,
    after,
  };
  const isSmall = Object.values(figures.grownMiB).every((mib) => mib <= growthLimitMiB);
  const isSame = Object.values(figures.grownDescriptors).every((count) => count <= 0);
  return { figures, stood: figures.failed === 0 && figures.left === 0 && isSmall && isSame };
}

/** One session, from its grant to the grant's end. */
async function openOne({ hub }: Province, kind: SessionKind, number: number): Promise<void> {
  const camera = `cam-${number % rareEvery === 0 ? busyCameras : number % busyCameras}`;
  const to = typeof kind.asked['to'] === 'string' ? { to: `${kind.asked['to']}/${number}` } : {};
  const opened = await hub.command(
    'stream.open',
    { camera, channel: 1, quality: 'main', ...kind.asked, ...to, grant: grantRequest() },
    30_000,
  );
  if (opened['result'] !== 'done') throw new Error(`refused: ${String(opened['reason'])}`);
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await hub.command('stream.close', { grant: opened['grant'] }, 30_000);
  };
  try {
    const { rtsp, flv, ws } = (opened['stream'] ?? {}) as { rtsp?: string; flv?: string; ws?: string };
    await kind.play(to.to ?? rtsp ?? flv ?? ws ?? '', end);
  } finally {
    await end();
  }
}

/** What the processes hold once nothing more closes; waits until it is no more than `before`, for a while. */
async function settled(gateway: GatewayPeer, before: Holdings | undefined): Promise<Holdings> {
  // A camera is closed after a second, an idle connection of the last reader after some more.
  await sleep(3_000);
  let holdings = holdingsOf(gateway);
  for (const endMs = performance.now() + settleMs; before && performance.now() < endMs; holdings = holdingsOf(gateway)) {
    if (Object.values(growthOf(before, holdings, 'descriptors')).every((count) => count <= 0)) break;
    await sleep(500);
  }
  return holdings;
}

function holdingsOf(gateway: GatewayPeer): Holdings {
  const media = childOf(gateway.pid, 'media-main');
  const flv = media === undefined ? undefined : childOf(media, 'flv-main');
  return { gateway: holdingOf(gateway.pid), media: holdingOf(media), flv: holdingOf(flv) };
}

function holdingOf(pid: number | undefined): Holding | undefined {
  if (pid === undefined) return undefined;
  return { rssMiB: Math.round(residentMiB(pid, 'VmRSS')), descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

function childOf(pid: number, part: string): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(part));
}

function growthOf(before: Holdings, after: Holdings, what: keyof Holding): Record<string, number> {
  const names = ['gateway', 'media', 'flv'] as const;
  return Object.fromEntries(names.map((name) => [name, (after[name]?.[what] ?? 0) - (before[name]?.[what] ?? 0)]));
}

function describe(holdings: Holdings): string {
  return Object.entries(holdings)
    .map(([name, holding]) => `${name} ${holding ? `${holding.rssMiB} MiB, ${holding.descriptors} descriptors` : 'none'}`)
    .join('; ');
}
