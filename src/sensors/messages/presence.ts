// Who was heard and who is silent among the senders: a source that should speak now and then raises sensor-silent when it does not.
import { durationText, type Env, type Text } from '#base';
import type { SensorStatus, SensorsDeps } from '../driver.ts';
import { conditionOf, wholeSensor } from '../rules/index.ts';
import { openTeller, type Teller } from '../teller.ts';

/** A sensor that is waited for; 0 ms: never missed. */
export interface Expected {
  readonly device: string;
  readonly source: string;
  readonly silentAfterMs: number;
}

/** Keeps who was heard when. */
export interface Presence {
  /** `device` spoke through `source`; the source's own sensor counts as heard with it. */
  heard(source: string, device: string): void;
  /** Looks for silence every second until the signal aborts; then rejects with its reason. */
  watch(signal: AbortSignal): Promise<never>;
  status(device: string): Pick<SensorStatus, 'state' | 'lastHeardAt' | 'problem'>;
  settled(): Promise<void>;
}

interface Member extends Expected {
  readonly teller: Teller;
  lastHeardAt: number | undefined;
  /** Monotonic; the start counts as a message. */
  aliveAt: number;
  /** What was said; undefined: nothing yet. */
  silent: boolean | undefined;
}

const lookMs = 1000;
const sends: Text = { ko: '센서가 보고합니다', en: 'The sensor sends' };

function silenceOf({ silentAfterMs }: Expected): Text {
  const { ko, en } = durationText(silentAfterMs);
  return { ko: `${ko} 동안 보고가 없습니다`, en: `No message for ${en}` };
}

/** Opens the presence of all sensors of one driver that is told. */
export function openPresence(expected: readonly Expected[], world: { deps: SensorsDeps; env: Env; signal: AbortSignal }): Presence {
  const { deps, env, signal } = world;
  const startedAt = env.clock.monotonicMs();
  const members = new Map(
    expected.map((each): [string, Member] => {
      return [
        each.device,
        { ...each, teller: openTeller(deps, env, signal), lastHeardAt: undefined, aliveAt: startedAt, silent: undefined },
      ];
    }),
  );
  const owners = new Map<string, Member>();
  for (const member of members.values()) if (!owners.has(member.source)) owners.set(member.source, member);

  const say = (member: Member, silent: boolean): void => {
    if (member.silent === silent || !member.teller.free) return;
    member.silent = silent;
    const message = silent ? silenceOf(member) : sends;
    const step = { channel: wholeSensor, state: silent ? 'raised' : 'cleared', time: env.clock.now(), message } as const;
    member.teller.say([{ condition: conditionOf(member.device, 'sensor-silent', step) }]);
  };
  const touch = (member: Member | undefined): void => {
    if (!member) return;
    member.lastHeardAt = env.clock.now();
    member.aliveAt = env.clock.monotonicMs();
    if (member.silentAfterMs > 0) say(member, false);
  };
  return {
    heard(source, device) {
      touch(members.get(device));
      const owner = owners.get(source);
      if (owner?.device !== device) touch(owner);
    },
    async watch(signal) {
      for (;;) {
        await env.clock.sleep(lookMs, signal);
        const now = env.clock.monotonicMs();
        for (const member of members.values()) {
          if (member.silentAfterMs > 0 && now - member.aliveAt >= member.silentAfterMs) say(member, true);
        }
      }
    },
    status(device) {
      const member = members.get(device);
      if (member?.silent) {
        return { state: 'silent', lastHeardAt: member.lastHeardAt, problem: silenceOf(member) };
      }
      return { state: member?.lastHeardAt === undefined ? 'waiting' : 'ok', lastHeardAt: member?.lastHeardAt, problem: undefined };
    },
    async settled() {
      await Promise.all([...members.values()].map(({ teller }) => teller.settled()));
    },
  };
}
