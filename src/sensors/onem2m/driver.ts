// The driver for oneM2M platforms: a listener that is notified, the subscriptions that are kept there, and the silence of its sources.
import type { Env, Text } from '#base';
import type { Driver, SensorStatus } from '../driver.ts';
import { keepListening, openWrongSecrets, type WrongSecrets } from '../http/index.ts';
import { openLineHealth } from '../line-health.ts';
import { type MessageSource, type MessageWorld, openMessageSource, openPresence, statusOf } from '../messages/index.ts';
import type { OneM2mOptions, OneM2mSource } from '../onem2m-options.ts';
import { openTeller, type Teller } from '../teller.ts';
import { openContainers, pick } from './containers.ts';
import { openHandler, type Target } from './handler.ts';
import { type Keeper, openKeeper } from './keeper.ts';
import type { Instance } from './notification.ts';
import { openPlatform } from './platform.ts';
import { answer } from './reply.ts';

/** The driver, and where it listens once it does. */
export interface OneM2m extends Driver {
  address(): { readonly host: string; readonly port: number } | undefined;
}

/** Opens the driver. A port that is taken is a condition and is tried again every 1 to 5 s. Throws `sensors.template-unknown`. */
export function openOneM2m(options: OneM2mOptions, world: Omit<MessageWorld, 'signal'>): OneM2m {
  const { deps, env } = world;
  const life = new AbortController();
  const teller = openTeller(deps, env, life.signal);
  const health = openLineHealth('onem2m', teller, env);
  const secrets = openWrongSecrets(teller, env);
  const isListening = (): boolean => kept.address !== undefined;
  const opened = options.sources.map((each) => ({ options: each, source: openMessageSource(each, { ...world, signal: life.signal }) }));
  const presence = openPresence(
    opened.flatMap(({ source }) => source.expected),
    { deps, env, signal: life.signal },
  );
  const members = opened.map((each): Member => {
    const heard = (device: string): void => presence.heard(each.options.id, device);
    return openMember({ ...each, heard, isListening }, { deps, env, teller });
  });
  const handle = openHandler(
    members.map(({ target }) => target),
    { env, secrets },
  );
  const answers = { busy: answer('busy'), failed: answer('not-stored'), slower: answer('slower') };
  const kept = keepListening(options, { handle, answers, health, watch: presence.watch }, env);
  return {
    name: 'onem2m',
    service: {
      name: 'sensors onem2m',
      async run(signal) {
        secrets.begin(options.sources.map(({ device }) => device));
        await Promise.all([kept.run(signal), ...members.map(({ keeper }) => keeper?.run(signal))]);
        life.abort(signal.reason);
        await Promise.all([teller.settled(), presence.settled(), ...opened.map(({ source }) => source.settled())]);
      },
    },
    devices: opened.flatMap(({ source }) => source.devices),
    status: () => members.flatMap((member) => statusesOf(member, presence, secrets)),
    address: () => kept.address,
  };
}

interface Member {
  readonly id: string;
  readonly source: MessageSource;
  readonly target: Target;
  readonly keeper: Keeper | undefined;
  /** Of the last instance that could not be placed. */
  problem(): Text | undefined;
}

interface MemberParts {
  readonly options: OneM2mSource;
  readonly source: MessageSource;
  readonly heard: (device: string) => void;
  readonly isListening: () => boolean;
}

/** What comes along with an instance. */
interface Beside {
  readonly body: Uint8Array;
  readonly retained?: boolean;
}

function openMember(
  { options, source, heard, isListening }: MemberParts,
  { deps, env, teller }: { readonly deps: MessageWorld['deps']; readonly env: Env; readonly teller: Teller },
): Member {
  const { id, device, token, from, cse } = options;
  const keys = options.devices.map(({ key }) => String(key));
  const containers = openContainers();
  let stranger: string | undefined;
  const take = async (instance: Instance, names: readonly string[], { body, retained = false }: Beside): Promise<boolean> => {
    // A container that is no device's may be that of many, whose messages name them.
    const picked = keys.length > 0 ? pick(keys, names) : undefined;
    const key = keys.length > 0 ? (picked ?? names[0]) : undefined;
    const isKeyLoose = picked === undefined;
    const { result } = await source.take({ content: instance.content, body, id: instance.name, key, isKeyLoose, retained }, heard);
    stranger = result === 'no-such-device' || result === 'two-devices' ? (key ?? '?') : undefined;
    return stranger === undefined;
  };
  const keeper =
    cse &&
    openKeeper(
      {
        id,
        options: cse,
        target: `${cse.notify.replace(/\/$/, '')}/onem2m/${id}/${token}`,
        platform: openPlatform(cse, { name: cse.subscription ?? `bongsu-${id}`, token }, env),
        containers,
        health: openLineHealth(`onem2m-${id}`, teller, env),
        marks: deps.marks,
        isListening,
        take(container, instance, isOld) {
          const body = Buffer.from(JSON.stringify([container, instance.name]));
          return take(instance, [container], { body, retained: isOld });
        },
      },
      env,
    );
  const target: Target = {
    id,
    device,
    token,
    from,
    async take(instance, body) {
      const names = containers.namesOf(instance);
      const isTaken = await take(instance, names, { body });
      keeper?.taken(pick(cse?.containers ?? [], names), instance);
      return isTaken;
    },
    gone: () => keeper?.wake(),
  };
  const problem = (): Text | undefined =>
    stranger === undefined
      ? undefined
      : {
          ko: `${stranger}: 설정에 없는 컨테이너의 메시지이거나, 컨테이너와 본문의 장치가 다릅니다`,
          en: `${stranger}: an instance of a container that is not configured, or that names another device`,
        };
  return { id, source, target, keeper, problem };
}

function statusesOf(
  { id, source, keeper, problem }: Member,
  presence: ReturnType<typeof openPresence>,
  secrets: WrongSecrets,
): SensorStatus[] {
  return source.devices.map((device, index): SensorStatus => {
    const stated = statusOf(presence.status(device.id), source.valuesOf(device.id));
    const own = index === 0 ? (keeper?.problem() ?? secrets.problem(device.id) ?? problem()) : undefined;
    return { device: device.id, driver: 'onem2m', source: id, ...stated, problem: stated.problem ?? own };
  });
}
