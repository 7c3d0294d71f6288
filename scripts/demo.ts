// `npm run demo`: a virtual site, a gateway and a hub on this machine; what happens is told in plain words. `--once --json` plays the story to its end.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Language, openLog, systemEnv } from '#base';
import { environment } from '#config';
import { openSimulatedSite, type SimulatedSite, streamBody } from '#simulator';
import { type Daemon, freePort, openDaemon } from './demo/daemon.ts';
import { playOnce, type Tell } from './demo/story.ts';

const usage = 'npm run demo -- [--once] [--json] [--lang ko|en]';
const showMs = 1_800_000;

interface Flags {
  readonly once: boolean;
  readonly json: boolean;
  readonly language: Language;
}

function readFlags(): Flags {
  const { values } = parseArgs({
    options: { once: { type: 'boolean' }, json: { type: 'boolean' }, lang: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || (values.lang !== undefined && !['ko', 'en'].includes(values.lang))) {
    console.error(usage);
    process.exit(values.help ? 0 : 2);
  }
  const language = values.lang === 'ko' || values.lang === 'en' ? values.lang : environment().language;
  return { once: values.once ?? false, json: values.json ?? false, language };
}

async function addCameras(site: SimulatedSite, daemon: Daemon): Promise<void> {
  for (const { id, address, login } of site.cameras) await daemon.control.call('camera.add', { id, address, login });
  const limit = Date.now() + 10_000;
  while (site.cameras.some((camera) => camera.pullPoints === 0) && Date.now() < limit) await sleep(50);
}

/** Goes on until it is interrupted: shows how to look, and lets something happen every now and then. */
async function goOn(site: SimulatedSite, tell: Tell): Promise<void> {
  const outcome = await site.hub?.command('stream.open', streamBody({ camera: 'cam-1', untilMs: Date.now() + showMs }));
  const address = (outcome?.['stream'] as { rtsp: string } | undefined)?.rtsp ?? '';
  tell({
    ko: `\n영상 보기(1분 안에 여십시오, 30분 뒤 끊깁니다):\n  ffplay -rtsp_transport tcp ${address}\n  vlc --rtsp-tcp ${address}\n끝내려면 Ctrl-C를 누르십시오.\n`,
    en: `\nTo look (open it within a minute; it is cut after 30 minutes):\n  ffplay -rtsp_transport tcp ${address}\n  vlc --rtsp-tcp ${address}\nCtrl-C ends the demo.\n`,
  });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  for (let turn = 0; !stop.signal.aborted; turn += 1) {
    await sleep(10_000, undefined, { signal: stop.signal }).catch(() => {});
    const sensor = site.sensors[turn % site.sensors.length];
    if (stop.signal.aborted || !sensor) break;
    await sensor.trip(true);
    await sleep(3000, undefined, { signal: stop.signal }).catch(() => {});
    await sensor.trip(false);
  }
}

const flags = readFlags();
const tell: Tell = (text) => {
  if (!flags.json) console.log(text[flags.language]);
};
const webhookPort = await freePort();
const env = systemEnv(openLog('silent'));
await using site = await openSimulatedSite(
  { cameras: 2, sensors: 3, hub: true, webhookUrl: `http://127.0.0.1:${webhookPort}/webhook/{device}` },
  env,
);
tell({
  ko: '가상 현장: 카메라 2대, 센서 3개, 허브. 게이트웨이를 시작합니다.',
  en: 'A virtual site: two cameras, three sensors, a hub. The gateway starts.',
});
await using daemon = await openDaemon(site.facts(), webhookPort);
site.hub?.tell(tell);
await addCameras(site, daemon);
await site.hub?.whenOnline(10_000);
const found = await playOnce(site, daemon, tell);
tell({
  ko: `\n알람 ${found.alarms.raised}건 중 ${found.alarms.delivered}건 전달, 유실 ${found.alarms.lost}건, 중복 ${found.alarms.duplicates}건. 감사 기록 ${found.audit.rows}행, ${found.audit.valid ? '이상 없음' : '손상'}.`,
  en: `\n${found.alarms.delivered} of ${found.alarms.raised} alarms delivered, ${found.alarms.lost} lost, ${found.alarms.duplicates} twice. The audit has ${found.audit.rows} rows and is ${found.audit.valid ? 'whole' : 'broken'}.`,
});
if (!flags.once) await goOn(site, tell);
process.exitCode = found.ok ? 0 : 1;
if (flags.json) console.log(JSON.stringify(found));
