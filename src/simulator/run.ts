// `bongsu simulate`: opens a site, tells what can be reached and what happens in plain words or as JSON lines, and plays a script.
import { readFile, stat } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { parse } from 'yaml';
import { type Env, type Language, messageOf, type Text } from '#base';
import { type PersonalityName, personalityNames } from './cameras/index.ts';
import { fault } from './faults.ts';
import { defaultMqttPort, writeGatewayConfig } from './gateway-config.ts';
import { openRemote } from './remote.ts';
import { type SensorKind, sensorKinds } from './sensors/index.ts';
import { openSimulatedSite, type SimulatedSite } from './site.ts';
import { playStory, readStory, type StoryEvent } from './story.ts';

/** What to simulate. */
export interface SimulatorOptions {
  readonly cameras: number;
  readonly sensors: number;
  readonly hub: boolean;
  /** Path of a YAML or JSON script, at most 1 MiB. */
  readonly script?: string | undefined;
  /** One JSON object a line instead of sentences. */
  readonly json: boolean;
  /** Default `ko`. */
  readonly language?: Language | undefined;
  /** Fixed ports from here; see `SiteOptions.basePort`. Default: free ports. */
  readonly basePort?: number | undefined;
  /** `http://…`: where fall detectors post; `{device}` in it becomes the detector's id. Default: nowhere, or to the gateway of `printConfig`. */
  readonly webhookUrl?: string | undefined;
  /** Default: a new one. */
  readonly webhookToken?: string | undefined;
  /** Kinds of the sensors in turn; `all`: each. Default: smoke at Modbus RTU and TCP, falls by webhook. */
  readonly sensorKinds?: readonly string[] | undefined;
  /** `mqtt://…`: where MQTT devices report to. Default: nowhere, or to the gateway of `printConfig`. */
  readonly mqttUrl?: string | undefined;
  /** UDP port of WS-Discovery. Default 3702. */
  readonly discoveryPort?: number | undefined;
  /** Personalities of the cameras in turn. Default: plain ones. */
  readonly personalities?: readonly string[] | undefined;
  /** See `SiteOptions.ownAddresses`. Default: all at 127.0.0.1. */
  readonly ownAddresses?: boolean | string | undefined;
  /** One port for all cameras that have addresses of their own. */
  readonly cameraPort?: number | undefined;
  /** A Unix socket by which another process pulls the cameras' strings. Default: none. */
  readonly remote?: string | undefined;
  /** A folder that gets the configuration of a gateway for this site, written anew at each start. Default: none. */
  readonly printConfig?: string | undefined;
}

/** Where it is told, and when it ends. */
export interface SimulatorIo {
  /** One line without its end. */
  print(line: string): void;
  readonly signal: AbortSignal;
}

const maxScriptBytes = 1_048_576;
const discoveryPort = 3702;
/** Where a gateway hears webhooks if nothing else is said. */
const gatewayWebhookUrl = 'http://127.0.0.1:8480/webhook/{device}';
const gatewayMqttUrl = `mqtt://127.0.0.1:${defaultMqttPort}`;
const foreverMs = 2 ** 31 - 1;

/**
 * Runs until `io.signal` aborts; resolves with the exit status 0. Throws `simulator.personality-unknown`, `simulator.sensor-unknown`, `simulator.address-bad`, `simulator.port-taken`, `simulator.script-missing`,
 * `simulator.pty-failed`, `simulator.story-invalid`, `simulator.config-unwritable`.
 */
export async function runSimulator(options: SimulatorOptions, io: SimulatorIo, env: Env): Promise<number> {
  const language = options.language ?? 'ko';
  const tell = (event: object, text: Text): void => io.print(options.json ? JSON.stringify(event) : text[language]);
  const script = options.script === undefined ? [] : await readScript(options.script);
  await using site = await openSimulatedSite(siteOptions(options), env);
  const story = readStory(script, site);
  await using _remote = options.remote === undefined ? undefined : await openRemote(options.remote, site.cameras, env);
  tell({ event: 'ready', ...site.facts() }, { en: 'The simulated site stands.', ko: '가상 현장이 준비되었습니다.' });
  if (!options.json) for (const text of placesOf(site)) io.print(text[language]);
  if (options.printConfig !== undefined) await printConfig(site, { ...options, folder: options.printConfig }, tell);
  site.hub?.tell((text, { topic, id, alarmId, step, replay }) => tell({ event: 'heard', topic, id, alarmId, step, replay }, text));
  await playStory(story, site, { signal: io.signal, tell: (event) => tellStep(event, tell) }, env);
  while (!io.signal.aborted) await env.clock.sleep(foreverMs, io.signal).catch(() => {});
  if (site.hub) tellCounts(site.hub.counts(), tell);
  return 0;
}

function siteOptions(options: SimulatorOptions): Parameters<typeof openSimulatedSite>[0] {
  const { cameras, sensors, hub, basePort, webhookToken, ownAddresses, cameraPort } = options;
  const webhookUrl = options.webhookUrl ?? (options.printConfig === undefined ? undefined : gatewayWebhookUrl);
  const mqttUrl = options.mqttUrl ?? (options.printConfig === undefined ? undefined : gatewayMqttUrl);
  return {
    cameras,
    sensors,
    hub,
    ...(options.sensorKinds === undefined ? {} : { sensorKinds: readKinds(options.sensorKinds) }),
    ...(mqttUrl === undefined ? {} : { mqttUrl }),
    ...(cameras > 0 ? { discoveryPort: options.discoveryPort ?? discoveryPort } : {}),
    personalities: readPersonalities(options.personalities ?? []),
    ...(ownAddresses === undefined ? {} : { ownAddresses: readAddress(ownAddresses) }),
    ...(cameraPort === undefined ? {} : { cameraPort }),
    ...(basePort === undefined ? {} : { basePort }),
    ...(webhookUrl === undefined ? {} : { webhookUrl }),
    ...(webhookToken === undefined ? {} : { webhookToken }),
  };
}

/** `all` stands for each in turn. Throws `simulator.personality-unknown`. */
function readPersonalities(names: readonly string[]): readonly PersonalityName[] {
  if (names.length === 1 && names[0] === 'all') return personalityNames;
  return names.map((name) => {
    const known = personalityNames.find((one) => one === name);
    if (known === undefined) throw fault('personality-unknown', { detail: `${name}; ${personalityNames.join(', ')}, all` });
    return known;
  });
}

/** `all` stands for each in turn. Throws `simulator.sensor-unknown`. */
function readKinds(names: readonly string[]): readonly SensorKind[] {
  if (names.length === 1 && names[0] === 'all') return sensorKinds;
  return names.map((name) => {
    const known = sensorKinds.find((one) => one === name);
    if (known === undefined) throw fault('sensor-unknown', { detail: `${name}; ${sensorKinds.join(', ')}, all` });
    return known;
  });
}

/** Throws `simulator.address-bad`. */
function readAddress(first: boolean | string): boolean | string {
  if (typeof first === 'string' && !isIPv4(first)) throw fault('address-bad', { detail: first });
  return first;
}

async function readScript(path: string): Promise<unknown> {
  try {
    const { size } = await stat(path);
    if (size > maxScriptBytes) throw new Error('larger than 1 MiB');
    return parse(await readFile(path, 'utf8'), { maxAliasCount: 100 }) ?? [];
  } catch (cause) {
    throw fault('story-invalid', { cause, detail: `${path}: ${messageOf(cause)}` });
  }
}

type Tell = (event: object, text: Text) => void;

/** Writes the configuration of a gateway for the site and says how to go on: start it, and register the cameras. */
async function printConfig(
  site: SimulatedSite,
  options: { folder: string; webhookUrl?: string | undefined; mqttUrl?: string | undefined },
  tell: Tell,
): Promise<void> {
  const { port } = new URL(options.webhookUrl ?? gatewayWebhookUrl);
  const mqttPort = Number(new URL(options.mqttUrl ?? gatewayMqttUrl).port || 1883);
  const files = await writeGatewayConfig(site.facts(), { folder: options.folder, webhookPort: port === '' ? 80 : Number(port), mqttPort });
  const socket = shellWord(files.socket);
  const commands = [
    `bongsu run --config ${shellWord(files.config)}`,
    ...files.cameras.map(
      ({ id, address, user, passwordFile }) =>
        `bongsu --socket ${socket} camera add ${id} --address ${address} --user ${user} --password-file ${shellWord(passwordFile)}`,
    ),
  ];
  const lines = commands.map((command) => `  ${command}`).join('\n');
  tell(
    { event: 'config', ...files, commands },
    {
      en: `A gateway for this site is configured in ${files.folder}. Start it in another terminal, and register the cameras in a third:\n${lines}`,
      ko: `이 현장에 맞는 게이트웨이 설정을 ${files.folder}에 썼습니다. 다른 터미널에서 시작하고, 또 다른 터미널에서 카메라를 등록하십시오:\n${lines}`,
    },
  );
}

/** A word as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function placesOf(site: SimulatedSite): Text[] {
  const facts = site.facts();
  const texts: Text[] = [];
  if (facts.hub) texts.push({ en: `hub: ${facts.hub.url}`, ko: `허브: ${facts.hub.url}` });
  for (const camera of site.cameras) {
    const login = `${camera.login.user} / ${camera.login.password} (${camera.loginBy})`;
    texts.push({
      en: `camera ${camera.id}: ${camera.address}, login ${login}`,
      ko: `카메라 ${camera.id}: ${camera.address}, 로그인 ${login}`,
    });
  }
  for (const bus of facts.buses) {
    const place = bus.kind === 'modbus-rtu' ? `${bus.path} (${bus.baudRate} baud)` : `${bus.host}:${bus.port}`;
    const units = bus.units.map((unit) => `${unit.device}=${unit.unitId}`).join(', ');
    texts.push({ en: `Modbus ${place}: units ${units}`, ko: `Modbus ${place}: 국번 ${units}` });
  }
  for (const { device, host, port } of facts.panels)
    texts.push({ en: `fire panel ${device}: ${host}:${port}, korean-r-type`, ko: `화재 수신기 ${device}: ${host}:${port}, korean-r-type` });
  for (const { device, topic, password } of facts.mqtt)
    texts.push({ en: `MQTT ${device}: topic ${topic}, password ${password}`, ko: `MQTT ${device}: 토픽 ${topic}, 비밀번호 ${password}` });
  for (const { device, token } of facts.webhooks)
    texts.push({ en: `webhook of ${device}: token ${token}`, ko: `웹훅 ${device}: 토큰 ${token}` });
  return texts;
}

function tellStep({ step, phase, note }: StoryEvent, tell: Tell): void {
  const what = [step.do, 'device' in step ? step.device : '', 'what' in step ? step.what : ''].filter((part) => part !== '').join(' ');
  const tail = note === undefined || note === '' ? '' : `: ${note}`;
  const words = { begin: ['now', '시작'], end: ['over', '끝'], failed: ['failed', '실패'] } as const;
  const [en, ko] = words[phase];
  tell({ event: 'story', phase, step, note }, { en: `script: ${what} ${en}${tail}`, ko: `시나리오: ${what} ${ko}${tail}` });
}

function tellCounts(counts: ReturnType<NonNullable<SimulatedSite['hub']>['counts']>, tell: Tell): void {
  const { alarms, duplicates, missing } = counts;
  tell(
    { event: 'counts', ...counts },
    {
      en: `alarms raised ${alarms.raised}, cleared ${alarms.cleared}, duplicates ${duplicates}, missing ${missing}`,
      ko: `알람 발생 ${alarms.raised}, 해제 ${alarms.cleared}, 중복 ${duplicates}, 누락 ${missing}`,
    },
  );
}
