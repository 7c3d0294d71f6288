// The scenes of the torture `hub`: each is a way in which brokers and lines fail, on a real Mosquitto or, for refusals it never utters, a broker of bare bytes.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Mosquitto, type MosquittoOptions, openMosquitto } from '../peers/mosquitto.ts';
import { openRawBroker, puback, type RawPacket, suback } from '../uplink/raw-broker.ts';
import { openHubEnd } from './hub-end.ts';
import { backlog, play, type SceneFigures, type Stage } from './hub-stage.ts';
import { type Line, openLine } from './line.ts';
import { openTally } from './tally.ts';

/** How long the longer troubles last, milliseconds. */
export interface SceneTimes {
  readonly outageMs: number;
  readonly downMs: number;
  readonly flapMs: number;
}

type Play = (times: SceneTimes) => Promise<SceneFigures>;

const unlimited = 'max_queued_messages 0';
const backlogCount = 300;

/** A broker on loopback and its hub; `confirms`: the hub confirms itself, since this broker will forget what it has acknowledged. */
async function onMosquitto(
  options: MosquittoOptions & { confirms?: boolean; noteLength?: number },
  trouble: (broker: Mosquitto, stage: Stage) => Promise<void>,
): Promise<SceneFigures> {
  const { confirms = false, noteLength = 0, ...own } = options;
  await using broker = await openMosquitto({ quiet: true, persistence: true, ...own, config: [unlimited, ...(own.config ?? [])] });
  await using hub = await openHubEnd(broker.url, { confirms });
  // What a broker forgets while the hub is not yet there again is found missing only after resendAfter: its shortest, for the sake of time.
  const uplink = { url: broker.url, ...(confirms && { resendAfter: '5s' }) };
  return await play({ uplink, tally: hub.tally, noteLength, trouble: (stage) => trouble(broker, stage) });
}

/** A broker at the far end of a line; the hub reaches it by another. */
async function onLine(trouble: (line: Line) => Promise<void>): Promise<SceneFigures> {
  await using line = await openLine();
  await using broker = await openMosquitto({ quiet: true, persistence: true, config: [unlimited], far: line });
  await using hub = await openHubEnd(`mqtt://${line.hubAddress}:${broker.port}`);
  return await play({ uplink: { url: broker.url }, tally: hub.tally, trouble: () => trouble(line) });
}

async function killThrice(broker: Mosquitto): Promise<void> {
  for (let time = 0; time < 3; time += 1) {
    await sleep(1500 + Math.random() * 1500);
    await broker.kill();
    await sleep(1500);
    await broker.start();
  }
}

async function leaveBacklog(broker: Mosquitto, stage: Stage): Promise<void> {
  await broker.stop();
  await backlog(stage, backlogCount);
  await broker.start();
}

/** Welcomes nobody (0x88), then is over its quota (0x97), then forbids the topics of one device (0x87); five seconds each. */
async function refusing(): Promise<SceneFigures> {
  const tally = openTally();
  let mood: 'well' | 'unavailable' | 'quota' | 'forbidding' = 'well';
  const take = (packet: RawPacket): Buffer => {
    const { topic, payload } = readPublish(packet.body);
    const code = mood === 'quota' ? 0x97 : mood === 'forbidding' && topic.endsWith('/radar-1') ? 0x87 : 0;
    if (code === 0) tally.take(topic, payload);
    return puback(packet.id, code);
  };
  const answers: Readonly<Record<number, (packet: RawPacket) => Buffer | undefined>> = {
    1: () => Buffer.from([0x20, 3, 0, mood === 'unavailable' ? 0x88 : 0, 0]),
    3: take,
    8: (packet) => suback(packet.id),
    12: () => Buffer.from([0xd0, 0]),
  };
  await using broker = await openRawBroker((packet) => {
    if (mood === 'unavailable' && packet.type !== 1) return 'close';
    return answers[packet.type]?.(packet);
  });
  const trouble = async (): Promise<void> => {
    for (const next of ['unavailable', 'quota', 'forbidding'] as const) {
      mood = next;
      await sleep(5000);
    }
    mood = 'well';
  };
  return await play({ uplink: { url: broker.url }, tally, trouble });
}

/** Topic and payload of a PUBLISH with QoS 1 (MQTT 5 §3.3). */
function readPublish(body: Buffer): { topic: string; payload: Buffer } {
  const topicEnd = 2 + body.readUInt16BE(0);
  let at = topicEnd + 2;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = body[at++] ?? 0;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { topic: body.toString('utf8', 2, topicEnd), payload: body.subarray(at + length) };
}

/** The scenes by name, in the order in which they are played. */
export const scenes: Readonly<Record<string, Play>> = {
  frozen: ({ outageMs }) =>
    onMosquitto({}, async (broker, stage) => {
      await leaveBacklog(broker, stage);
      await sleep(30);
      broker.freeze();
      await sleep(outageMs);
      broker.thaw();
    }),
  killed: () => onMosquitto({ confirms: true }, killThrice),
  'killed-forgetful': () => onMosquitto({ confirms: true, persistence: false }, killThrice),
  refusing,
  'receive-maximum-2': () => onMosquitto({ config: ['max_inflight_messages 2'] }, leaveBacklog),
  'small-packets': () => onMosquitto({ config: ['max_packet_size 1000'], noteLength: 90 }, leaveBacklog),
  'line-down': ({ downMs }) =>
    onLine(async (line) => {
      await line.cut();
      await sleep(downMs);
      await line.mend();
    }),
  flapping: ({ flapMs }) =>
    onLine(async (line) => {
      for (const end = Date.now() + flapMs; Date.now() < end; ) {
        await line.cut();
        await sleep(3000);
        await line.mend();
        await sleep(3000);
      }
    }),
  'half-open': ({ outageMs }) =>
    onLine(async (line) => {
      await line.swallow();
      await sleep(outageMs);
      await line.mend();
    }),
};
