// The demo's story: alarms of every kind go up, one of them while the hub is away; a picture comes down, and is cut when its grant ends.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Text } from '#base';
import { type SimulatedSite, streamBody } from '#simulator';
import type { Daemon } from './daemon.ts';

/** What the story found; `ok` only if all of it is as it must be. */
export interface Found {
  readonly ok: boolean;
  readonly alarms: { readonly raised: number; readonly delivered: number; readonly lost: number; readonly duplicates: number };
  readonly stream: {
    readonly frames: number;
    readonly firstFrameMs: number;
    readonly audioTracks: number;
    readonly cutAtGrantEnd: boolean;
  };
  readonly refused: { readonly withoutGround: boolean };
  readonly audit: { readonly rows: number; readonly valid: boolean };
}

/** Tells a person what happens. */
export type Tell = (text: Text) => void;

const grantMs = 6000;
/** How far the cut may be from the grant's end. */
const cutToleranceMs = 1000;
const patienceMs = 10_000;

/** Plays the story once. */
export async function playOnce(site: SimulatedSite, daemon: Daemon, tell: Tell): Promise<Found> {
  const refused = await askWithoutGround(site, tell);
  const [stream] = await Promise.all([lookAtCamera(site, 'cam-1', tell), raiseAlarms(site, tell)]);
  await alarmWithoutHub(site, tell);
  const alarms = await settle(site, daemon);
  const audit = await daemon.control.call('audit.verify', {});
  const found = { alarms, stream, refused, audit: { rows: audit.rows, valid: audit.valid } };
  return { ok: isGood(found), ...found };
}

function isGood({ alarms, stream, refused, audit }: Omit<Found, 'ok'>): boolean {
  const delivered = alarms.raised > 0 && alarms.delivered === alarms.raised && alarms.lost === 0 && alarms.duplicates === 0;
  const shown = stream.frames > 0 && stream.audioTracks === 0 && stream.cutAtGrantEnd;
  return delivered && shown && refused.withoutGround && audit.valid && audit.rows > 0;
}

async function askWithoutGround(site: SimulatedSite, tell: Tell): Promise<Found['refused']> {
  tell({ ko: '허브가 법적 근거 없이 영상을 요청합니다.', en: 'The hub asks for a picture without naming a legal ground.' });
  const outcome = await hubOf(site).command(
    'stream.open',
    streamBody({ camera: 'cam-1', untilMs: Date.now() + grantMs, grant: { ground: undefined } }),
  );
  const withoutGround = outcome.result === 'refused' && outcome['reason'] === 'access.ground-missing';
  tell({ ko: `  → ${outcome.result}: ${String(outcome['reason'])}`, en: `  → ${outcome.result}: ${String(outcome['reason'])}` });
  return { withoutGround };
}

/** Opens the camera under a short grant and reads until the gateway cuts. */
async function lookAtCamera(site: SimulatedSite, camera: string, tell: Tell): Promise<Found['stream']> {
  const seconds = grantMs / 1000;
  tell({
    ko: `119가 사건 번호와 근거를 밝히고 ${camera} 영상을 ${seconds}초간 요청합니다.`,
    en: `119 asks for ${camera} for ${seconds} s, with incident and ground.`,
  });
  const outcome = await hubOf(site).command('stream.open', streamBody({ camera, untilMs: Date.now() + grantMs }));
  const stream = outcome['stream'] as { rtsp: string; until: string } | undefined;
  if (!stream) throw new Error(`stream.open: ${JSON.stringify(outcome)}`);
  await using reader = await hubOf(site).read(stream.rtsp);
  await Promise.race([reader.ended, sleep(grantMs + 5000)]);
  const { frames, firstFrameMs = 0, audioTracks, end } = reader.status;
  const offMs = end?.reason === 'cut' ? end.at - Date.parse(stream.until) : Number.NaN;
  const cutAtGrantEnd = Math.abs(offMs) <= cutToleranceMs;
  tell({
    ko: `  → ${frames}장면, 첫 장면 ${Math.round(firstFrameMs)} ms, 음성 ${audioTracks}개, 종료 시각과 ${Math.round(offMs)} ms 차이로 끊겼습니다.`,
    en: `  → ${frames} frames, the first after ${Math.round(firstFrameMs)} ms, ${audioTracks} audio tracks, cut ${Math.round(offMs)} ms from the grant's end.`,
  });
  return { frames, firstFrameMs: Math.round(firstFrameMs), audioTracks, cutAtGrantEnd };
}

/** One alarm of every kind of device, each with its end. */
async function raiseAlarms(site: SimulatedSite, tell: Tell): Promise<void> {
  for (const active of [true, false]) {
    tell(
      active
        ? { ko: '연기 감지기, 낙상 감지기, 카메라 접점이 동작합니다.', en: 'Smoke detectors, a fall detector and a camera’s input trip.' }
        : { ko: '모두 정상으로 돌아옵니다.', en: 'All of them go back to normal.' },
    );
    for (const sensor of site.sensors) await sensor.trip(active);
    for (const camera of site.cameras) camera.trigger({ topic: 'digital-input', active });
    await sleep(1500);
  }
}

/** An alarm while the hub is down: it waits in the store and arrives later, once. */
async function alarmWithoutHub(site: SimulatedSite, tell: Tell): Promise<void> {
  const [sensor] = site.sensors;
  tell({ ko: '허브를 끕니다. 그동안 연기가 감지됩니다.', en: 'The hub goes down, and smoke is found meanwhile.' });
  await hubOf(site).stop();
  await sensor?.trip(true);
  await sleep(1500);
  tell({ ko: '허브를 다시 켭니다.', en: 'The hub comes back.' });
  await hubOf(site).start();
  await hubOf(site).hear((message) => message.replay && message.step === 'raised', patienceMs);
  await sensor?.trip(false);
  await sleep(1000);
}

/** Waits until nothing waits, then compares what the gateway has raised with what the hub has. */
async function settle(site: SimulatedSite, daemon: Daemon): Promise<Found['alarms']> {
  const limit = Date.now() + patienceMs;
  for (;;) {
    const { destinations } = await daemon.control.call('outbox.status', {});
    if (destinations.every(({ pending }) => pending === 0) || Date.now() > limit) break;
    await sleep(100);
  }
  const raised = (await daemon.control.call('alarm.list', { limit: 1000 })).alarms.length;
  const counts = hubOf(site).counts();
  return { raised, delivered: counts.alarms.raised, lost: raised - counts.alarms.raised, duplicates: counts.duplicates };
}

function hubOf(site: SimulatedSite): NonNullable<SimulatedSite['hub']> {
  if (!site.hub) throw new Error('the site has no hub');
  return site.hub;
}
