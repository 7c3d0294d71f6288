// The driver of text lines: hears a panel or another sender, keeps its line open, says what its lines mean, and when they stop or make no sense.
import { type Text, troubleOf } from '#base';
import type { Driver, SensorStatus } from '../driver.ts';
import type { Grammar } from '../grammar-option.ts';
import { openLineHealth } from '../line-health.ts';
import type { LineOptions } from '../line-options.ts';
import { type MessageWorld, openMessageSource, openPresence, statusOf, underTrouble } from '../messages/index.ts';
import { openTeller } from '../teller.ts';
import { openDesk } from './desk.ts';
import { openEar } from './ear.ts';
import { type FeedSink, feedOf } from './feed.ts';
import { openReader } from './reader.ts';
import { openSense } from './sense.ts';

/** What the driver works in. */
export interface LineWorld extends Omit<MessageWorld, 'signal'> {
  /** Throws `sensors.grammar-unusable`. */
  grammar(name: string): Grammar;
}

/** A line, and where it listens once it does. */
export interface LineDriver extends Driver {
  address(): { readonly host: string; readonly port: number } | undefined;
}

/** Unplugged or closed so often in a row before anything came, it is a fault although it opens. */
const maxBarren = 3;
/** Listening for so long works, also when nobody connects; a port that is open has proved nothing before something is understood. */
const provenMs = 2000;

const unheard: Text = {
  ko: '회선이 다시 열렸지만 아직 해석할 수 있는 줄이 오지 않았습니다',
  en: 'The line is open again, but nothing that is understood has come yet',
};

/** Opens the driver of one line. Throws `sensors.grammar-unusable` or `template-unknown`. A line that is lost is opened again every 1 to 5 s, a connection after 1 to 30 s. */
export function openLine(options: LineOptions, world: LineWorld): LineDriver {
  const { deps, env } = world;
  const life = new AbortController();
  const grammar = world.grammar(options.grammar);
  const silentAfter = options.silentAfter > 0 ? options.silentAfter : grammar.silentAfter;
  const source = openMessageSource(
    { ...options, map: undefined, silentAfter, repeatWindow: grammar.repeatWindow },
    { ...world, signal: life.signal },
  );
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth(options.id, teller, env);
  const sense = openSense({ id: options.id, device: options.device, grammar }, teller, env);
  const presence = openPresence(source.expected, { deps, env, signal: life.signal });
  const heard = (device: string): void => presence.heard(options.id, device);
  const desk = openDesk({ device: options.device, grammar, devices: options.devices }, openReader(grammar), {
    deps,
    env,
    events: {
      understood(device, sender) {
        feed.understood(sender);
        sense.understood();
        health.works();
        heard(device);
      },
      unknown: sense.unknown,
      full: sense.full,
      values: async ({ groups }, key) =>
        void (await source.take(
          { content: groups, body: Buffer.from(JSON.stringify(groups)), answered: false, ...(key === undefined ? {} : { key }) },
          heard,
        )),
    },
  });
  const ear = openEar(grammar.framing, { frame: desk.offer, room: desk.room, broken: sense.broken }, env.clock);
  const feed = feedOf(options, env);
  let barren = 0;
  let address: { host: string; port: number } | undefined;
  const isListener = options.via === 'udp' || options.via === 'tcp-listen';
  const proven = (): void => {
    barren = 0;
    if (isListener) health.works();
    else if (health.isBroken) health.broken(unheard, '');
  };
  const hearOnce = async (signal: AbortSignal): Promise<void> => {
    let wasOpen = false;
    let proof: Disposable | undefined;
    const sink: FeedSink = {
      opened(where) {
        wasOpen = true;
        address = where;
        proof = env.clock.after(provenMs, proven);
      },
      bytes(peer, chunk) {
        barren = 0;
        ear.bytes(peer, chunk);
      },
      stream(peer, chunk) {
        barren = 0;
        return ear.stream(peer, chunk);
      },
      datagram: ear.datagram,
      gone: ear.gone,
    };
    try {
      await feed.run(sink, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (wasOpen) barren += 1;
      const { message, detail } = troubleOf(error);
      if (!wasOpen || barren >= maxBarren) health.broken(message, detail);
    } finally {
      address = undefined;
      proof?.[Symbol.dispose]();
    }
  };
  const keepOpen = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await hearOnce(signal);
      await env.clock.sleep(feed.reopenMs(), signal).catch(() => {});
    }
    ear[Symbol.dispose]();
  };
  return {
    name: options.id,
    service: {
      name: `sensors ${options.id}`,
      async run(signal) {
        await Promise.all([keepOpen(signal), desk.run(signal), presence.watch(signal).catch(() => {})]);
        life.abort(signal.reason);
        await Promise.all([teller.settled(), presence.settled(), source.settled()]);
      },
    },
    devices: source.devices,
    status: () =>
      source.devices.map((device): SensorStatus => {
        const own = device.id === options.device ? sense.problem() : undefined;
        const stated = statusOf(presence.status(device.id), source.valuesOf(device.id));
        const status = { device: device.id, driver: 'line' as const, source: options.id, ...stated };
        return underTrouble(underTrouble(status, own), health.problem);
      }),
    address: () => address,
  };
}
