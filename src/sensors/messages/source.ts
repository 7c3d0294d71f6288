// One source whose sensors tell: from a parsed message to what is committed, whichever way the message came.
import { type Env, messageOf, type Text } from '#base';
import type { Device, Report, ReportOutcome } from '#model';
import { deviceOf } from '../device.ts';
import type { SensorStatus, SensorsDeps } from '../driver.ts';
import { sensorsFaults } from '../faults.ts';
import { isHopeless } from '../hopeless.ts';
import type { SensorMemory } from '../memory.ts';
import type { MessageMap, MessageSourceOptions, Template } from '../options.ts';
import type { Urgency } from '../rules/index.ts';
import { reachOf } from '../shipped-templates.ts';
import { openTeller } from '../teller.ts';
import { openToldObserver, type ToldObserver } from '../told-observer.ts';
import { extractValues, missingValues } from './extract.ts';
import { valueAt } from './json.ts';
import { interpret, type Meaning, nameAt, timeAt } from './mapping.ts';
import { openOccurrenceNames } from './occurrence.ts';
import { openOddity } from './oddity.ts';
import type { Expected } from './presence.ts';
import { openStated } from './stated.ts';

/** What became of a message, after the commit of all that it led to. */
export type Taken =
  | { readonly result: 'no-such-device' | 'two-devices' | 'ignored' | 'measured' }
  | { readonly result: ReportOutcome['result']; readonly alarmId: string | undefined };

/** A message as its driver brings it. */
export interface Message {
  /** Parsed and bounded. */
  readonly content: unknown;
  /** Its bytes, by which a repeat is known where it has no id. */
  readonly body: Uint8Array;
  /** An id beside the body; one in the body goes before it. */
  readonly id?: string | undefined;
  /** Names its time and body as they were signed. */
  readonly signature?: string | undefined;
  /** The key of its device beside the body, like a part of its topic: where the body has one that is another, the message is refused (`two-devices`). */
  readonly key?: string | undefined;
  /** The key beside the body is a place that need not be a device: one in the body goes before it. */
  readonly isKeyLoose?: boolean;
  /** Kept by a broker from before: it tells how things stand, and is no event (pulse). Default false. */
  readonly retained?: boolean;
  /** Its sender waits for an answer and sends it again without one. Default true. */
  readonly answered?: boolean;
}

/** One source. */
export interface MessageSource {
  /** Its own sensor first. */
  readonly devices: readonly Device[];
  /** Whom to wait for. */
  readonly expected: readonly Expected[];
  /**
   * Resolves after the commit. Rejects with the store's fault: nothing of the message counts then, and its retry is judged anew. What no retry can bring into
   * the store is logged and `ignored`: it must not come again for ever. Readings that the store does not take hold up no message.
   * `heard` is told whom the message was of, once it is committed; of a sensor with a template only when it brought a value or a meaning.
   */
  take(message: Message, heard: (device: string) => void): Promise<Taken>;
  /** Whose message it is (undefined: nobody's), and what it would do to critical alarms; nothing is taken. */
  look(message: Message): { readonly device: string | undefined; urgency(): Urgency };
  /** The newest values of a sensor that has a template. */
  valuesOf(device: string): Pick<SensorStatus, 'values' | 'state' | 'problem'> | undefined;
  settled(): Promise<void>;
}

/** What a source works in. */
export interface MessageWorld {
  readonly deps: SensorsDeps;
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly memory: SensorMemory;
  /** Throws `sensors.template-unknown`. */
  template(name: string): Template;
  map(name: string): MessageMap;
}

/** Messages in a row that had none of the template's values, and what is said of them. */
interface Empty {
  count: number;
  problem: Text | undefined;
}

interface Measured {
  readonly observer: ToldObserver;
  readonly template: Template;
  readonly empty: Empty;
}

/** One message without a value may be a greeting; so many in a row are a wrong name. */
const maxEmpty = 3;
const bareMap: MessageMap = { detail: {}, rules: [] };

const twoDevices = {
  standing: (count: number): Text => ({
    ko: `토픽(컨테이너)의 장치와 본문의 장치가 다른 메시지 ${count}건을 거절했습니다. 장치 설정이 잘못되었거나 누군가 다른 장치인 척합니다`,
    en: `${count} messages whose topic (container) names one device and whose body names another were refused: a device is set up wrongly, or passes for another`,
  }),
  over: { ko: '토픽과 본문의 장치가 더 어긋나지 않습니다', en: 'Topics and bodies name the same devices' },
};

function toldTemplate(name: string, world: MessageWorld): Template {
  const template = world.template(name);
  if (reachOf(template.points) === 'bus') throw sensorsFaults.fault('template-unfit', { detail: name });
  return template;
}

/** Opens a source. Throws `sensors.template-unknown` or `template-unfit`. */
export function openMessageSource(options: MessageSourceOptions, world: MessageWorld): MessageSource {
  const { deps, env } = world;
  const map = typeof options.map === 'string' ? world.map(options.map) : (options.map ?? bareMap);
  const names = openOccurrenceNames(env.clock, options.repeatWindow);
  const members = [options, ...options.devices].map((stated) => {
    const speaksForOthers = stated === options && options.devices.length > 0;
    const name = speaksForOthers ? undefined : (stated.template ?? options.template);
    const template = name === undefined ? undefined : toldTemplate(name, world);
    const silentAfterMs = options.silentAfter > 0 ? options.silentAfter : (template?.silence.after ?? 0);
    const observer = template && openToldObserver({ device: stated.device, template, silentAfterMs }, world);
    const empty: Empty = { count: 0, problem: undefined };
    return { stated, template, observer, silentAfterMs, empty };
  });
  const byDevice = new Map(members.map((member) => [member.stated.device, member]));
  const byKey = new Map(options.devices.map(({ key, device }) => [String(key), byDevice.get(device)]));

  const stated = openStated();
  for (const device of byDevice.keys()) deps.endings?.join(device, stated.ended);
  const tell = async (device: string, meaning: Meaning, { body, id, signature }: Message): Promise<Taken> => {
    const name = names.nameOf(options.id, { id, signature, body, meaning });
    const { severity, ...rest } = meaning;
    const report: Report = { device, ...name, ...rest, ...(severity ? { severity } : {}) };
    const { result, alarmId } = await deps.report(report, { answers: true });
    stated.note(device, meaning);
    return { result, alarmId };
  };
  const oddity = openOddity({ device: options.device, channel: 'key', ...twoDevices }, openTeller(deps, env, world.signal), env);
  let hasBegun = false;
  const isOfTwo = ({ content, key: beside, isKeyLoose }: Message): boolean => {
    const key = nameAt(content, map.device);
    return key !== undefined && beside !== undefined && !isKeyLoose && key.toLowerCase() !== beside.toLowerCase();
  };
  const memberOf = (message: Message) => {
    if (isOfTwo(message)) return undefined;
    const key = nameAt(message.content, map.device) ?? message.key;
    return key === undefined ? members[0] : byKey.get(key);
  };
  const meaningOf = ({ content, retained }: Message): Meaning | undefined => {
    const meaning = interpret(map, content, env.clock.now());
    return retained && meaning?.state === 'pulse' ? undefined : meaning;
  };
  const rootOf = ({ content }: Message): unknown => (map.root === undefined ? content : valueAt(content, map.root));
  const valuesIn = (template: Template, message: Message) => extractValues(template, rootOf(message));
  const measure = async (member: Measured, message: Message, isMeant: boolean): Promise<'nothing' | 'fault' | 'values'> => {
    const { observer, template, empty } = member;
    const found = valuesIn(template, message);
    const { values } = found;
    if (isMeant && values.size === 0 && !found.fault) return 'nothing';
    const isEmpty = values.size === 0 && !found.fault;
    const count = isEmpty ? Math.min(empty.count + 1, maxEmpty) : 0;
    const problem = isEmpty ? (empty.problem ?? missingValues(template, rootOf(message))) : undefined;
    if (isEmpty && count < maxEmpty) {
      Object.assign(empty, { count, problem });
      return 'nothing';
    }
    const fault = found.fault ?? problem;
    const now = env.clock.now();
    const told = { id: message.id === undefined ? undefined : names.keyOf(options.id, message.id), ...timeAt(map, message.content, now) };
    await observer.take({ result: 'values', values, fault, told }, message.answered);
    Object.assign(empty, { count, problem });
    return values.size > 0 ? 'values' : 'fault';
  };

  return {
    devices: members.map(({ stated, template }) => deviceOf(stated, { address: options.id, ...(template ? { template } : {}) })),
    expected: members.map(({ stated, silentAfterMs }) => ({ device: stated.device, source: options.id, silentAfterMs })),
    async take(message, heard) {
      if (!hasBegun) oddity.begin();
      hasBegun = true;
      if (isOfTwo(message)) {
        oddity.seen();
        return { result: 'two-devices' };
      }
      const member = memberOf(message);
      if (!member) return { result: 'no-such-device' };
      const { device } = member.stated;
      const named = { ...message, id: nameAt(message.content, map.id) ?? message.id };
      let speaks = true;
      const takeNamed = async (): Promise<Taken> => {
        const meaning = meaningOf(message);
        const outcome: Taken | undefined = meaning && (await tell(device, meaning, named));
        const { observer, template, empty } = member;
        const measured = observer && template ? await measure({ observer, template, empty }, named, meaning !== undefined) : 'nothing';
        speaks = meaning !== undefined || !template || measured === 'values';
        return outcome ?? { result: measured === 'nothing' ? 'ignored' : 'measured' };
      };
      const taken = await takeNamed().catch((error: unknown): Taken => {
        if (!isHopeless(error)) throw error;
        env.log.error({ source: options.id, device, error: messageOf(error) }, 'a message that can never be stored is dropped');
        return { result: 'ignored' };
      });
      if (speaks) heard(device);
      return taken;
    },
    look(message) {
      const member = memberOf(message);
      const urgency = (): Urgency => {
        const meaning = member && meaningOf(message);
        const said = meaning && stated.urgency(member.stated.device, meaning);
        if (!member?.observer || !member.template || (said !== undefined && said !== 'none')) return said ?? 'none';
        return member.observer.urgency({ result: 'values', ...valuesIn(member.template, message) });
      };
      return { device: member?.stated.device, urgency };
    },
    valuesOf(device) {
      const member = byDevice.get(device);
      const status = member?.observer?.status();
      return status?.state === 'waiting' ? { ...status, problem: member?.empty.problem } : status;
    },
    async settled() {
      await Promise.all(members.flatMap(({ observer }) => (observer ? [observer.settled()] : [])));
    },
  };
}
