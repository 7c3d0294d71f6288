// The store's health story: a disk that fails is told when it works again, a damaged or restored file is audited and told once.
import type { Access } from '#access';
import type { Alarms } from '#alarms';
import { type Env, type Service, type Text, untilAborted } from '#base';
import type { Condition } from '#model';
import type { Store, StoreHealth, StoreProcedures } from '#store';
import { insist } from './insist.ts';
import type { Intake } from './intake.ts';

type Damage = NonNullable<ReturnType<Store['damage']>>;
type Restored = NonNullable<ReturnType<Store['restored']>>;
type FailureReason = Exclude<StoreHealth['reason'], ''>;

/** How the store fares, and who tells it. */
export interface StoreCare {
  /** From memory: it answers when the disk does not. */
  now(): StoreHealth;
  /** The condition that stands now, though it cannot be written yet. */
  standing(): Condition | undefined;
  /** Failures since the start. */
  failures(): Readonly<Record<FailureReason, number>>;
  readonly service: Service;
}

/** What the story reaches. */
export interface StoreCareDeps {
  readonly store: Store;
  readonly intake: Pick<Intake, 'condition'>;
  readonly alarms: Pick<Alarms, 'restate'>;
  readonly access: Pick<Access, 'account'>;
}

/** A time in which the store failed. */
interface Failure {
  readonly reason: FailureReason;
  readonly lastError: string;
  readonly since: number;
}

const reasons: Readonly<Record<FailureReason, Text>> = {
  hung: {
    ko: '저장소 디스크가 응답하지 않습니다. 디스크 상태(dmesg, smartctl)를 확인하십시오. 알람은 메모리에서 바로 전송됩니다.',
    en: 'The disk of the store does not answer. Look at it (dmesg, smartctl). Alarms travel from memory.',
  },
  full: {
    ko: '저장소에 남은 공간이 없습니다. 디스크 공간을 확보하거나 store.limit 값을 늘리십시오.',
    en: 'There is no room left in the store. Free space on the disk, or raise store.limit.',
  },
  io: {
    ko: '저장소 디스크의 읽기 또는 쓰기가 실패합니다. 디스크(dmesg, smartctl)를 확인하고 빨리 교체하십시오.',
    en: 'The disk of the store fails to read or write. Look at it (dmesg, smartctl) and replace it soon.',
  },
};
const worksAgain: Text = { ko: '저장소가 다시 정상입니다', en: 'The store works again' };
const isWhole: Text = { ko: '저장소가 손상 없이 열렸습니다', en: 'The store was opened without damage' };

/** Opens the story; it hears the store from now on and tells when its service runs. */
export function openStoreCare({ store, intake, access, alarms }: StoreCareDeps, env: Env): StoreCare {
  const calls = store.procedures<StoreProcedures>('store', { urgent: true, reserved: true });
  const ear = openEar(store);
  const tell = (kind: 'store-failing' | 'store-damaged', step: Pick<Condition, 'state' | 'time' | 'message' | 'detail'>): Promise<void> =>
    intake.condition({ ...conditionOf(kind), ...step });

  async function tellFailure({ reason, lastError, since }: Failure, until: number): Promise<void> {
    await tell('store-failing', { state: 'raised', time: since, message: reasons[reason], detail: lastError });
    await tell('store-failing', { state: 'cleared', time: until, message: worksAgain, detail: '' });
  }
  const account = (act: string, detail: string, signal: AbortSignal): Promise<unknown> =>
    insist(() => access.account({ act, by: 'gateway', subject: 'store', detail }), act, env, signal);
  const drop = (name: 'damage' | 'restored', signal: AbortSignal): Promise<unknown> =>
    insist(() => calls.dropMark({ name }), `the mark ${name}`, env, signal);

  /** What the hub was told of open alarms, or was about to be, may be lost: it hears of all that stand once more. */
  async function restate(signal: AbortSignal): Promise<void> {
    let after: Awaited<ReturnType<Alarms['restate']>>;
    do {
      const step = await insist(async () => ({ after: await alarms.restate(after) }), 'what stands', env, signal);
      after = step?.after;
    } while (after);
  }
  async function tellDamage(damage: Damage, signal: AbortSignal): Promise<void> {
    const { message, detail } = wordsOf(damage);
    await account('store.damaged', `${message.en} ${detail}`, signal);
    // An earlier damage may stand: this is another one.
    await tell('store-damaged', { state: 'cleared', time: damage.time, message: isWhole, detail: '' });
    await tell('store-damaged', { state: 'raised', time: damage.time, message, detail });
    await restate(signal);
    await drop('damage', signal);
  }
  async function tellRestored({ from, setAside, time, by }: Restored, signal: AbortSignal): Promise<void> {
    const detail = `${new Date(time).toISOString()} by ${by ?? 'unknown'} from ${from}, former file: ${setAside}`;
    await account('store.restored', detail, signal);
    await restate(signal);
    await drop('restored', signal);
  }
  async function start(signal: AbortSignal): Promise<void> {
    const time = env.clock.now();
    if (!ear.failing()) await tell('store-failing', { state: 'cleared', time, message: worksAgain, detail: '' });
    const restored = store.restored();
    if (restored) await tellRestored(restored, signal);
    if (!store.damage()) await tell('store-damaged', { state: 'cleared', time, message: isWhole, detail: '' });
  }
  return {
    now: () => store.health(),
    standing() {
      const failing = ear.failing();
      if (!failing) return undefined;
      const { reason, lastError: detail, since: time } = failing;
      return { ...conditionOf('store-failing'), state: 'raised', time, message: reasons[reason], detail };
    },
    failures: ear.counts,
    service: {
      name: 'store health',
      async run(signal) {
        using _ear = ear;
        await start(signal);
        while (!signal.aborted) {
          const heard = ear.next();
          const over = ear.takeOver();
          const damage = store.damage();
          if (over) await tellFailure(over.failure, over.until);
          else if (damage) await tellDamage(damage, signal);
          else await Promise.race([heard, untilAborted(signal)]);
        }
      },
    },
  };
}

function conditionOf<K extends 'store-failing' | 'store-damaged'>(kind: K) {
  return { device: 'gateway', channel: 'store', kind, severity: 'major' } as const;
}

function wordsOf({ what, setAside, salvagedRows, lostTables, error }: Damage): { message: Text; detail: string } {
  const rows = Object.values(salvagedRows).reduce((sum, count) => sum + count, 0);
  const detail = [setAside, lostTables.length === 0 ? '' : `lost: ${lostTables.join(', ')}`, error]
    .filter((part) => part !== '')
    .join('; ');
  if (what === 'next')
    return {
      detail,
      message: {
        ko: '새 저장소 파일을 읽을 수 없어 따로 보관하고 기존 파일을 계속 사용합니다. 백업을 복원하던 중이었다면 다시 복원하십시오. 디스크를 점검하십시오.',
        en: 'A new file for the store could not be read: it was set aside, and the present one goes on. Restore the backup again if you were about to; check the disk.',
      },
    };
  if (what === 'log')
    return {
      detail,
      message: {
        ko: '저장소의 로그 파일이 사라져 마지막 기록이 빠졌을 수 있습니다. 디스크와 전원을 점검하십시오.',
        en: 'The log of the store was gone, and perhaps the last commits with it. Check the disk and the power.',
      },
    };
  return {
    detail,
    message: {
      ko: `저장소 파일이 손상되어 따로 보관하고 ${rows}행을 복구했습니다. 디스크를 점검하고 필요하면 백업을 복원하십시오.`,
      en: `The store was damaged: the file was set aside and ${rows} rows were salvaged. Check the disk; restore a backup if something is missing.`,
    },
  };
}

/** Hears when the store fails and when that is over. Of failures that wait to be told all but one grow together: from the first's begin to the last's end. */
function openEar(store: Store) {
  const counts: Record<FailureReason, number> = { hung: 0, full: 0, io: 0 };
  let failing: Failure | undefined;
  let over: { readonly failure: Failure; readonly until: number } | undefined;
  let bell = Promise.withResolvers<void>();
  let last: StoreHealth['reason'] = '';
  const hear = (): void => {
    const { reason, since, lastError } = store.health();
    if (reason !== '') {
      if (reason !== last) counts[reason] += 1;
      failing = { reason, lastError, since: failing?.since ?? since };
    } else if (failing) {
      over = { failure: { ...failing, since: over?.failure.since ?? failing.since }, until: since };
      failing = undefined;
    }
    last = reason;
    bell.resolve();
    bell = Promise.withResolvers();
  };
  const watch = store.watch('store', hear);
  hear();
  return {
    counts: () => ({ ...counts }),
    failing: () => failing,
    next: () => bell.promise,
    takeOver() {
      const taken = over;
      over = undefined;
      return taken;
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}
