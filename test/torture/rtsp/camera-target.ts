// A camera that answers, describes and sends: broken messages to the RTSP client and all that lies behind it, to the readers' lines.
import { openPaths, openReader, type ReaderLine } from '../../../src/streams/path/index.ts';
import { runSource } from '../../../src/streams/source/index.ts';
import type { LineEvents, OpenLine } from '../../../src/streams/source/line.ts';
import { challenges, datagrams, dearOnes, scripts } from './corpus.ts';
import type { Meter, Target } from './meter.ts';
import { type Dice, mutate, pieces } from './mutator.ts';
import { oblivionMs, openWorld } from './world.ts';

const corpus = [...scripts.flatMap(({ replies, packets }) => [...replies, ...packets]), ...challenges, ...datagrams];
const options = {
  closeAfterMs: 1_000,
  openTimeoutMs: 5_000,
  frameTimeoutMs: 5_000,
  readerBufferBytes: 2 ** 20,
  gopMemoryBytes: 4 * 2 ** 20,
};

/** The camera's end of one connection. */
interface FakeLine {
  readonly asked: string[];
  readonly events: LineEvents;
  isOpen: boolean;
}

/** Opens the target; paths, with all that they keep, live as long as it. */
export function openCameraTarget(dice: Dice): Target {
  const { clock, env } = openWorld(dice);
  let line: FakeLine | undefined;
  const openLine: OpenLine = (_address, _options, events) => {
    const opened: FakeLine = { asked: [], events, isOpen: true };
    line = opened;
    events.connected();
    return {
      peer: '127.0.0.1',
      get writable() {
        return opened.isOpen;
      },
      write: (text) => void opened.asked.push(text),
      destroy: () => {
        opened.isOpen = false;
      },
    };
  };
  const deps = {
    runSource: (source: Parameters<typeof runSource>[0], ...rest: [Parameters<typeof runSource>[1], typeof env, AbortSignal]) =>
      runSource({ ...source, openLine }, ...rest),
    readBuffer: Buffer.alloc(1),
    events: { sourceOpened: () => {}, sourceClosed: () => {}, sourceFailed: () => {} },
  };
  const paths = openPaths(options, deps, env);

  /** One connection: answers in their order, then packets; from `whole` messages on they are broken. */
  const connection = async (meter: Meter, whole: number): Promise<number> => {
    const { replies, packets } = dice.pick(scripts);
    let said = 0;
    let broken = 0;
    const say = async (bytes: Buffer): Promise<void> => {
      const isBroken = said >= whole && dice.chance(0.7);
      const sent = isBroken ? mutate(bytes, corpus, dice) : bytes;
      said += 1;
      if (isBroken) broken += 1;
      for (const piece of pieces(sent, dice)) meter.call(() => line?.isOpen && line.events.bytes(piece), sent);
      await meter.turn();
    };
    for (const reply of replies) {
      const asked = line?.asked.shift();
      if (asked === undefined || !line?.isOpen) break;
      const sequence = /CSeq: (\d+)/.exec(asked)?.[1] ?? '0';
      await say(Buffer.from(reply.toString('latin1').replace(/CSeq: \d+/, `CSeq: ${sequence}`), 'latin1'));
    }
    for (let left = dice.below(30); left > 0 && line?.isOpen; left -= 1)
      await say(dice.chance(0.9) ? dice.pick(packets) : dice.pick(dice.chance(0.9) ? corpus : dearOnes));
    return broken;
  };
  const readerLine = (): ReaderLine => ({ write: () => {}, waitingBytes: dice.chance(0.8) ? 0 : dice.below(2 * 2 ** 20) });

  return {
    name: 'camera',
    share: 30,
    async converse(meter) {
      const key = { device: `cam-${dice.below(6)}`, channel: 1, quality: 'main' } as const;
      const source = { url: 'rtsp://10.1.2.3/live', user: 'admin', password: 'pw', basicAllowed: dice.chance(0.5) };
      const members = Array.from({ length: 1 + dice.below(3) }, () => paths.join(key, source, () => {}));
      let broken = 0;
      for (let turns = 1 + dice.below(2); turns > 0; turns -= 1) {
        await meter.turn();
        for (const [at, member] of members.entries()) {
          const channels = at === 2 ? { rtp: 6, rtcp: 9 } : { rtp: 0, rtcp: 1 };
          meter.call(() => member.attach(openReader(readerLine(), { channels, bufferBytes: 2 ** 20 }, clock)));
        }
        broken += await connection(meter, dice.below(9));
        if (dice.chance(0.3)) line?.events.failed('ECONNRESET');
        await meter.turn();
        meter.call(() => clock.advance(dice.pick([10, 2_000, 6_000])));
      }
      for (const member of members) member.leave();
      meter.call(() => clock.advance(oblivionMs));
      await meter.turn();
      paths.list();
      return broken;
    },
  };
}
