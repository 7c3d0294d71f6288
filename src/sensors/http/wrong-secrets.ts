// Wrong secrets, counted by source: a sender whose token was mistyped loses every alarm, and nobody would know.
import type { Env, Text } from '#base';
import { conditionOf } from '../rules/index.ts';
import type { Teller } from '../teller.ts';

/** Counts what was refused. */
export interface WrongSecrets {
  /** A life begins: what an earlier one told of these sensors is over. */
  begin(devices: readonly string[]): void;
  /** A message for `device`'s source came with a wrong secret. */
  wrong(device: string, address: string): void;
  /** One came with the right one. */
  right(device: string): void;
  /** What is wrong with the source now. */
  problem(device: string): Text | undefined;
}

/** So many in a row are told as `sensor-fault` on the channel `secret`; it ends with a right one, or when none came for ten minutes. */
const tellFrom = 3;
const quietMs = 600_000;

interface Wrong {
  count: number;
  address: string;
  isSaid: boolean;
  quiet: Disposable | undefined;
}

const fine: Text = { ko: '올바른 비밀값으로 옵니다', en: 'What comes has the right secret' };
const over: Text = { ko: '잘못된 비밀값이 더 오지 않습니다', en: 'Nothing with a wrong secret comes any more' };

function refused({ count, address }: Wrong): Text {
  return {
    ko: `비밀값(토큰·서명)이 맞지 않아 ${count}건을 거절했습니다. 마지막 주소 ${address}`,
    en: `${count} messages with a wrong secret (token, signature) were refused, the last from ${address}`,
  };
}

/** Opens the count of one listener. */
export function openWrongSecrets(teller: Teller, env: Env): WrongSecrets {
  const sources = new Map<string, Wrong>();
  const say = (device: string, state: 'raised' | 'cleared', message: Text): void =>
    teller.say([{ condition: conditionOf(device, 'sensor-fault', { channel: 'secret', time: env.clock.now(), state, message }) }]);
  const end = (device: string, text: Text): void => {
    const known = sources.get(device);
    if (!known || (known.isSaid && !teller.free)) return;
    sources.delete(device);
    known.quiet?.[Symbol.dispose]();
    if (known.isSaid) say(device, 'cleared', text);
  };
  return {
    begin(devices) {
      for (const device of devices) say(device, 'cleared', over);
    },
    wrong(device, address) {
      const known = sources.get(device) ?? { count: 0, address, isSaid: false, quiet: undefined };
      sources.set(device, known);
      known.count += 1;
      known.address = address;
      known.quiet?.[Symbol.dispose]();
      known.quiet = env.clock.after(quietMs, () => end(device, over));
      if (known.isSaid || known.count < tellFrom || !teller.free) return;
      known.isSaid = true;
      env.log.warn({ device, address, count: known.count }, 'messages with a wrong secret are refused');
      say(device, 'raised', refused(known));
    },
    right: (device) => end(device, fine),
    problem(device) {
      const known = sources.get(device);
      return known?.isSaid ? refused(known) : undefined;
    },
  };
}
