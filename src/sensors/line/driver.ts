// The driver of text lines: hears a panel or another sender, keeps its line open, says what its lines mean, and when they stop or make no sense.
import { type Env, type Text, troubleOf } from '#base';
import type { Driver, SensorStatus } from '../driver.ts';
import type { Grammar } from '../grammar-option.ts';
import { openLineHealth } from '../line-health.ts';
import type { LineOptions } from '../line-options.ts';
import { type MessageWorld, openMessageSource, openPresence } from '../messages/index.ts';
import { conditionOf } from '../rules/index.ts';
import { openTeller, type Teller } from '../teller.ts';
import { openDesk } from './desk.ts';
import { openEar } from './ear.ts';
import { type FeedSink, feedOf } from './feed.ts';
import { openReader } from './reader.ts';

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
/** A line that stays open so long works, also when nothing is said. */
const provenMs = 2000;

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
  const sense = openSense(options, teller, env);
  const presence = openPresence(source.expected, { deps, env, signal: life.signal });
  const heard = (device: string): void => presence.heard(options.id, device);
  const desk = openDesk({ device: options.device, grammar, devices: options.devices }, openReader(grammar), {
    deps,
    env,
    events: {
      understood(device) {
        sense.understood();
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
  const ear = openEar(grammar.framing, { frame: desk.offer, broken: sense.broken }, env.clock);
  const feed = feedOf(options, env);
  let barren = 0;
  let address: { host: string; port: number } | undefined;
  const works = (): void => {
    barren = 0;
    health.works();
  };
  const hearOnce = async (signal: AbortSignal): Promise<void> => {
    let wasOpen = false;
    let proof: Disposable | undefined;
    const sink: FeedSink = {
      opened(where) {
        wasOpen = true;
        address = where;
        proof = env.clock.after(provenMs, works);
      },
      bytes(peer, chunk) {
        works();
        ear.bytes(peer, chunk);
      },
      datagram: ear.datagram,
      gone: ear.gone,
      room: desk.room,
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
        const here = presence.status(device.id);
        const values = source.valuesOf(device.id)?.values ?? {};
        const problem = here.state === 'ok' && device.id === options.device ? sense.problem() : undefined;
        const state = problem ? { state: 'fault' as const, problem } : {};
        return { device: device.id, driver: 'line', source: options.id, values, ...here, ...state };
      }),
    address: () => address,
  };
}

/** Lines in a row that are not understood before it is said. */
const maxNonsense = 8;
const floodOverMs = 60_000;
const nonsense: Text = {
  ko: '들어오는 문자열을 해석할 수 없습니다. 통신 속도·패리티, 문자 집합과 문법(grammar)을 확인하십시오',
  en: 'What comes is not understood. Check speed and parity, charset and grammar',
};
const sensible: Text = { ko: '들어오는 문자열을 해석합니다', en: 'What comes is understood' };
const flooded: Text = {
  ko: '줄이 너무 빨리 들어와 일부를 버렸습니다. 보내는 쪽을 확인하십시오',
  en: 'Lines come faster than they can be stored, and some were dropped. Look at the sender',
};
const calm = (count: number): Text => ({
  ko: `줄을 모두 처리합니다. ${count}줄을 버렸습니다`,
  en: `All lines are taken; ${count} were dropped`,
});

/** Whether what comes makes sense, and whether it is too much; said once when it begins and once when it is over. */
function openSense({ id, device }: LineOptions, teller: Teller, env: Env) {
  let odd = 0;
  let said: 'raised' | 'cleared' | undefined;
  let flood: { timer: Disposable; count: number } | undefined;
  const say = (kind: 'sensor-fault' | 'alarm-flood', state: 'raised' | 'cleared', said: { message: Text; detail?: string }): void =>
    teller.say([{ condition: conditionOf(device, kind, { channel: 'line', time: env.clock.now(), state, ...said }) }]);
  const turn = (state: 'raised' | 'cleared'): void => {
    if (said === state || !teller.free) return;
    said = state;
    say('sensor-fault', state, { message: state === 'raised' ? nonsense : sensible });
  };
  const broken = (): void => {
    odd = Math.min(odd + 1, maxNonsense);
    if (odd === maxNonsense) turn('raised');
  };
  return {
    understood(): void {
      odd = 0;
      turn('cleared');
    },
    broken,
    unknown(text: string): void {
      if (odd < maxNonsense) env.log.warn({ line: id, text: text.slice(0, 200) }, 'a line that no pattern of its grammar fits');
      broken();
    },
    full(sender: string): void {
      if (flood === undefined) say('alarm-flood', 'raised', { message: flooded, ...(sender === '' ? {} : { detail: sender }) });
      flood?.timer[Symbol.dispose]();
      const count = (flood?.count ?? 0) + 1;
      const timer = env.clock.after(floodOverMs, () => {
        flood = undefined;
        say('alarm-flood', 'cleared', { message: calm(count) });
      });
      flood = { timer, count };
    },
    problem: (): Text | undefined => (said === 'raised' ? nonsense : undefined),
  };
}
