// The doors: readers over RTSP and over HTTP, and the servers that pictures are pushed to; real servers on connections without a network.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { openFlvDoor } from '../../../src/streams/flv-door/index.ts';
import { type Leases, openLeases } from '../../../src/streams/leases.ts';
import { openSessions } from '../../../src/streams/media/sessions.ts';
import { openPaths, type Paths } from '../../../src/streams/path/index.ts';
import type { Lease } from '../../../src/streams/protocol.ts';
import { openPublisher } from '../../../src/streams/push/publisher.ts';
import { guardDefaults, makeRtspServer, openGuard } from '../../../src/streams/server/index.ts';
import { PieceMaker } from '../../../src/streams/source/pieces.ts';
import { openSlabs } from '../../../src/streams/source/slabs.ts';
import { openStillDoor } from '../../../src/streams/stills/index.ts';
import { makeWebServer } from '../../../src/streams/web/index.ts';
import { dearOnes, pushReplies, readerReports, requestScripts, scripts, webRequests, webSocketFrames } from './corpus.ts';
import { FakeSocket } from './fake-socket.ts';
import type { Target } from './meter.ts';
import { type Dice, mutate, pieces } from './mutator.ts';
import { oblivionMs, openWorld, type World } from './world.ts';

const token = 'a-token-that-opens-these-doors-00';
const pathOptions = {
  closeAfterMs: 1_000,
  openTimeoutMs: 5_000,
  frameTimeoutMs: 5_000,
  readerBufferBytes: 2 ** 20,
  gopMemoryBytes: 2 ** 22,
};
const [whole] = scripts;

/** A stranger's connection, each from another address. */
function peer(dice: Dice): FakeSocket {
  const address = dice.chance(0.5) ? `10.${dice.below(250)}.${dice.below(250)}.1` : `fe80::${dice.below(9_999)}:1`;
  return new FakeSocket({ address, port: 1_024 + dice.below(60_000), reads: dice.chance(0.9) });
}

function leaseOf(changes: Partial<Lease>): Lease {
  const tokenHash = createHash('sha256').update(token).digest('hex');
  const base = { grant: 'g-1', form: 'stream', device: 'cam-1', channel: 1, quality: 'main', remainingMs: 1e15 } as const;
  return { ...base, tokenHash, source: { url: 'rtsp://10.1.2.3/live', user: '', password: '' }, ...changes };
}

interface House {
  readonly leases: Leases;
  readonly paths: Paths;
  /** The camera of all paths sends what it was recorded with. */
  send(): void;
}

function openHouse({ env }: World): House {
  const slabs = openSlabs(128 * 1024, 2);
  const makers = new Set<PieceMaker>();
  const deps = {
    runSource: async (...[, sink, , signal]: Parameters<Parameters<typeof openPaths>[1]['runSource']>) => {
      const track = { codec: 'h264', payloadType: 96, control: undefined, parameters: '' } as const;
      const maker = new PieceMaker(track, { rtp: 0, rtcp: 1 }, { sink: (piece) => sink.piece(piece) });
      makers.add(maker);
      sink.ready(track);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      makers.delete(maker);
      return undefined;
    },
    readBuffer: Buffer.alloc(1),
    events: { sourceOpened: () => {}, sourceClosed: () => {}, sourceFailed: () => {} },
  };
  const paths = openPaths(pathOptions, deps, env);
  const leases = openLeases({ maxReaders: 4, allowFrom: [] }, { claimed: () => {}, ended: () => {} }, env);
  return {
    leases,
    paths,
    send() {
      const slab = slabs.take();
      let at = 0;
      for (const packet of whole?.packets ?? []) {
        packet.copy(slab.bytes, at);
        for (const maker of makers) maker.take(slab, at, at + packet.length);
        at += packet.length;
      }
      slab.release();
    },
  };
}

const requests = [...requestScripts.flat(), ...readerReports];

/** Readers over RTSP: requests, reports in between, right and wrong tokens. */
export function openReaderTarget(dice: Dice): Target {
  const world = openWorld(dice);
  const { clock, env } = world;
  const { leases, paths, send } = openHouse(world);
  const sessions = openSessions({ leases, paths, udp: undefined, readerBufferBytes: 2 ** 20, emit: () => {} }, env);
  const options = { maxConnections: 50, tls: undefined, idleMs: 65_000, readerBufferBytes: 2 ** 20 };
  const server = makeRtspServer(options, sessions, openGuard(guardDefaults, env), env);
  const grant = leaseOf({});

  return {
    name: 'reader',
    share: 30,
    async converse(meter) {
      if (!leases.tenancy(grant.grant)) leases.admit(grant, undefined);
      const socket = peer(dice);
      server.emit('connection', socket as unknown as Socket);
      const firstBroken = dice.below(8);
      let broken = 0;
      for (const [at, request] of dice.pick(requestScripts).entries()) {
        const text = request
          .toString('latin1')
          .replaceAll(/rtsp:\/\/[\d.:]+\/stream/g, `rtsp://hub.example:8554/s/${dice.chance(0.97) ? token : 'wrong'}`);
        const named = /Session: (\w+)/.exec(socket.sent)?.[1] ?? 'none';
        const bytes = Buffer.from(text.replace(/Session: [^\r]+/, `Session: ${named}`), 'latin1');
        for (const each of dice.chance(0.3) ? [bytes, dice.pick(readerReports)] : [bytes]) {
          const isBroken = at >= firstBroken && dice.chance(0.7);
          const sent = isBroken ? mutate(dice.chance(0.98) ? each : dice.pick(dearOnes), requests, dice) : each;
          if (isBroken) broken += 1;
          for (const piece of pieces(sent, dice)) meter.call(() => socket.say(piece), sent);
        }
        await meter.turn();
        if (dice.chance(0.3)) meter.call(send);
        if (dice.chance(0.02)) meter.call(() => void leases.revoke(grant.grant));
      }
      sessions.list();
      meter.call(() => clock.advance(dice.pick([100, 2_000, oblivionMs])));
      await meter.turn();
      if (dice.chance(0.8)) socket.destroy();
      await meter.turn();
      if (dice.chance(0.1)) meter.call(() => clock.advance(oblivionMs));
      return broken;
    },
  };
}

const webCorpus = [...webRequests, ...webSocketFrames];

/** Players and others over HTTP: FLV, WebSockets and stills. */
export function openWebTarget(dice: Dice): Target {
  const world = openWorld(dice);
  const { clock, env } = world;
  const { leases, paths } = openHouse(world);
  const guard = openGuard(guardDefaults, env);
  const failure = { reason: 'busy', detail: 'FLV' } as const;
  const remuxer = {
    pid: undefined,
    use: () => Promise.resolve({ ok: false, failure } as const),
    push: () => ({ flow: () => {}, [Symbol.dispose]: () => {} }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const emit = (): void => {};
  const flv = openFlvDoor({ leases, guard, remuxer, readerBufferBytes: 2 ** 20, backlog: paths.backlog, emit }, env);
  const still = openStillDoor({ leases, guard, paths, ffmpeg: '/nowhere', timeoutMs: 1_000, emit }, env);
  const server = makeWebServer(undefined, { still, flv: flv.flv, socket: flv.socket }, env);
  const grants = [
    leaseOf({ protocol: 'http-flv' }),
    leaseOf({ protocol: 'ws-flv' }),
    leaseOf({ form: 'still', source: { url: 'x:', user: '', password: '' } }),
  ];

  return {
    name: 'web',
    share: 10,
    async converse(meter) {
      leases.admit(dice.pick(grants), undefined);
      const socket = peer(dice);
      server.emit('connection', socket as unknown as Socket);
      let broken = 0;
      for (let left = 1 + dice.below(3); left > 0; left -= 1) {
        const request = Buffer.from(
          dice
            .pick(webCorpus)
            .toString('latin1')
            .replaceAll('TOKEN', dice.chance(0.9) ? token : 'wrong-token-of-some-length'),
          'latin1',
        );
        const sent = mutate(dice.chance(0.97) ? request : dice.pick(dearOnes), webCorpus, dice);
        broken += 1;
        for (const piece of pieces(sent, dice)) meter.call(() => socket.say(piece), sent);
        await meter.turn();
      }
      meter.call(() => clock.advance(2_000));
      await meter.turn();
      socket.destroy();
      await meter.turn();
      if (dice.chance(0.1)) meter.call(() => clock.advance(oblivionMs));
      return broken;
    },
  };
}

/** Servers of the hub that take pictures by RTSP, as they answer. */
export function openPushTarget(dice: Dice): Target {
  const { clock, env } = openWorld(dice);
  return {
    name: 'push',
    share: 5,
    async converse(meter) {
      const socket = peer(dice);
      const login = { user: 'site', password: 'pw' };
      const publisher = openPublisher(
        { socket: socket as unknown as Socket, cut: () => socket.destroy() },
        { login, isHidden: dice.chance(0.5), timeoutMs: 1_000 },
        env,
      );
      const url = 'rtsp://hub.example/live/cam-1';
      const steps = ['ANNOUNCE', 'SETUP', 'RECORD'].map((method) => ({ method, url, body: method === 'ANNOUNCE' ? 'v=0\r\n' : '' }));
      let over = false;
      const going = (async () => {
        for (const step of steps) if (await publisher.step(step)) break;
        over = true;
      })();
      const wholeOnes = dice.below(4);
      let broken = 0;
      for (const [at, reply] of pushReplies.entries()) {
        await meter.turn();
        if (over) break;
        const sent = at < wholeOnes ? reply : mutate(dice.chance(0.97) ? reply : dice.pick(dearOnes), pushReplies, dice);
        if (at >= wholeOnes) broken += 1;
        for (const piece of pieces(sent, dice)) meter.call(() => socket.say(piece), sent);
      }
      publisher.send({ method: 'OPTIONS', url });
      await meter.turn();
      if (dice.chance(0.5)) meter.call(() => clock.advance(2_000));
      publisher.end({ reason: 'lost', detail: '' });
      await going;
      return broken;
    },
  };
}
