// Whether what a line says makes sense, and whether it is too much: each trouble is said once when it begins and once when it is over.
import type { Env, Text } from '#base';
import type { Condition } from '#model';
import type { Grammar } from '../grammar-option.ts';
import { isPanel } from '../line-watch.ts';
import { conditionOf } from '../rules/index.ts';
import type { Teller } from '../teller.ts';

/** What the driver tells of its line, and what is wrong with it. */
export interface Sense {
  /** A line that a pattern fits. */
  understood(): void;
  /** Bytes that are no whole line. */
  broken(): void;
  /** A line that no pattern fits. */
  unknown(text: string): void;
  /** A line of `sender` was dropped. */
  full(sender: string): void;
  /** What is wrong now; undefined: nothing. */
  problem(): Text | undefined;
}

/** Lines in a row that are not understood before speed, parity and charset are suspected. */
const maxNonsense = 8;
/** Lines of no known form are counted for so long after the last of them. */
const strangeForMs = 3_600_000;
/** Of a grammar without a critical alarm so many are told of; of a fire panel the first. */
const strangeToSay = 8;
/** Forms of lines that are told apart, each with a condition of its own. */
const maxForms = 8;
const maxShown = 120;
const floodOverMs = 60_000;

const nonsense: Text = {
  ko: '들어오는 문자열을 해석할 수 없습니다. 통신 속도·패리티, 문자 집합과 문법(grammar)을 확인하십시오',
  en: 'What comes is not understood. Check speed and parity, charset and grammar',
};
const sensible: Text = { ko: '들어오는 문자열을 해석합니다', en: 'What comes is understood' };
const strange = (text: string): Text => ({
  ko: `문법(grammar)에 없는 줄이 들어옵니다. 화재일 수 있으니 수신기를 확인하고 문법에 추가하십시오: ${text}`,
  en: `A line fits no pattern of the grammar; it may be a fire. Look at the panel, and add the line to the grammar: ${text}`,
});
const familiar: Text = { ko: '한 시간 동안 문법에 없는 줄이 없습니다', en: 'For an hour no line was unknown to the grammar' };
const flooded: Text = {
  ko: '줄이 너무 빨리 들어와 일부를 버렸습니다. 보내는 쪽을 확인하십시오',
  en: 'Lines come faster than they can be stored, and some were dropped. Look at the sender',
};
const calm = (count: number): Text => ({
  ko: `줄을 모두 처리합니다. ${count}줄을 버렸습니다`,
  en: `All lines are taken; ${count} were dropped`,
});

/** Opens the sense of the line `id` whose own sensor is `device`. */
export function openSense({ id, device, grammar }: { id: string; device: string; grammar: Grammar }, teller: Teller, env: Env): Sense {
  let odd = 0;
  let said: 'raised' | 'cleared' | undefined;
  let flood: { timer: Disposable; count: number } | undefined;
  const say = (
    kind: 'sensor-fault' | 'alarm-flood',
    step: Pick<Condition, 'state' | 'message'> & Partial<Pick<Condition, 'channel' | 'severity' | 'detail'>>,
  ): void => {
    const { severity, ...rest } = step;
    const condition = conditionOf(device, kind, { channel: 'line', time: env.clock.now(), ...rest });
    teller.say([{ condition: severity ? { ...condition, severity } : condition }]);
  };
  const turn = (state: 'raised' | 'cleared'): void => {
    if (said === state || !teller.free) return;
    said = state;
    say('sensor-fault', { state, message: state === 'raised' ? nonsense : sensible });
  };
  const broken = (): void => {
    odd = Math.min(odd + 1, maxNonsense);
    if (odd === maxNonsense) turn('raised');
  };
  const strangers = openStrangers(isPanel(grammar), { say, teller, env });
  return {
    understood() {
      odd = 0;
      turn('cleared');
      strangers.begin();
    },
    broken,
    unknown(text) {
      if (odd < maxNonsense) env.log.warn({ line: id, text: shown(text) }, 'a line that no pattern of its grammar fits');
      broken();
      strangers.begin();
      // What speed, parity or charset have spoilt is no line of its own.
      if (!text.includes('�')) strangers.seen(text);
    },
    full(sender) {
      if (flood === undefined) say('alarm-flood', { state: 'raised', message: flooded, ...(sender === '' ? {} : { detail: sender }) });
      flood?.timer[Symbol.dispose]();
      const count = (flood?.count ?? 0) + 1;
      const timer = env.clock.after(floodOverMs, () => {
        flood = undefined;
        say('alarm-flood', { state: 'cleared', message: calm(count) });
      });
      flood = { timer, count };
    },
    problem: () => (said === 'raised' ? nonsense : strangers.problem()),
  };
}

interface StrangerWorld {
  say(kind: 'sensor-fault', step: Pick<Condition, 'state' | 'message' | 'channel'> & Partial<Pick<Condition, 'severity'>>): void;
  readonly teller: Teller;
  readonly env: Env;
}

/** Lines of no known form: however much is understood between them, they are told of. A standing condition keeps its first message, so each form has its own. */
function openStrangers(isGrave: boolean, { say, teller, env }: StrangerWorld) {
  const forms = new Set<string>();
  let count = 0;
  let hasBegun = false;
  let last: Text | undefined;
  let timer: Disposable | undefined;
  const forget = (): void => {
    timer = undefined;
    if (!teller.free) {
      watch();
      return;
    }
    forms.clear();
    count = 0;
    last = undefined;
    // All of them: some may stand from before the restart.
    for (let at = 1; at <= maxForms; at += 1) say('sensor-fault', { channel: `unknown-line-${at}`, state: 'cleared', message: familiar });
  };
  const watch = (): void => {
    timer ??= env.clock.after(strangeForMs, forget);
  };
  return {
    /** Something was said: waits for the end of what may stand from before the restart. */
    begin(): void {
      if (hasBegun) return;
      hasBegun = true;
      watch();
    },
    seen(text: string): void {
      count += 1;
      timer?.[Symbol.dispose]();
      timer = undefined;
      watch();
      if (!isGrave && count < strangeToSay) return;
      const message = strange(shown(text));
      last = message;
      const form = shown(text).replaceAll(/\d+/g, '0');
      if (forms.has(form) || forms.size >= maxForms || !teller.free) return;
      forms.add(form);
      const channel = `unknown-line-${forms.size}`;
      say('sensor-fault', { channel, state: 'raised', message, ...(isGrave ? { severity: 'major' as const } : {}) });
    },
    problem: (): Text | undefined => last,
  };
}

/** Without what a terminal or a log would obey, and not for long. */
function shown(text: string): string {
  const plain = text.slice(0, maxShown).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return text.length > maxShown ? `${plain}…` : plain;
}
