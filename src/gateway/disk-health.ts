// The disk's health story: that it is nearly full, or that somebody keeps the store's log from going into the file, is told while there is time to act.
import type { Env, Service, Text } from '#base';
import { type ConditionKind, conditionKinds } from '#model';
import type { Store } from '#store';
import { openBell } from './bell.ts';
import type { Intake } from './intake.ts';

/** One thing that may be wrong with the disk's room. */
interface Trouble {
  readonly kind: ConditionKind;
  stands(disk: ReturnType<Store['disk']>): boolean;
  detailOf(disk: ReturnType<Store['disk']>): string;
  readonly raised: Text;
  readonly cleared: Text;
}

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

const troubles: readonly Trouble[] = [
  {
    kind: 'disk-low',
    stands: ({ isLow }) => isLow,
    detailOf: ({ freeBytes }) => `${mebibytes(freeBytes)} MiB free`,
    raised: {
      ko: '저장소가 있는 디스크의 남은 공간이 저장소 한도의 16분의 1보다 적습니다. `df`와 `du`로 확인하고, 오래된 로그·백업·따로 보관한 저장소 파일(.damaged-, .replaced-)을 옮기십시오.',
      en: 'On the disk of the store less than a sixteenth of the store’s limit is free. Look with `df` and `du`; move old logs, backups and store files that were set aside (.damaged-, .replaced-) elsewhere.',
    },
    cleared: { ko: '저장소 디스크의 남은 공간이 다시 충분합니다', en: 'There is room enough again on the disk of the store' },
  },
  {
    kind: 'store-log-held',
    stands: ({ isLogHeld }) => isLogHeld,
    detailOf: ({ heldLogBytes }) => `${mebibytes(heldLogBytes)} MiB wait`,
    raised: {
      ko: '다른 프로그램이 저장소 파일을 오래 읽고 있어 로그가 계속 커지고 디스크를 채웁니다. `fuser -v`로 찾아 그 프로그램을 끝내고, 복사는 `bongsu outbox backup`으로 하십시오.',
      en: 'Another program keeps reading the store, so that its log grows and fills the disk. Find it with `fuser -v` and end it; copy with `bongsu outbox backup`.',
    },
    cleared: { ko: '저장소 로그가 다시 파일에 기록됩니다', en: 'The log of the store goes into the file again' },
  },
];

/** Tells when the disk of the store is in trouble and when it is no more; at the start too, since it may have been so before. */
export function watchDisk({ store, intake }: { readonly store: Store; readonly intake: Pick<Intake, 'condition'> }, env: Env): Service {
  return {
    name: 'disk health',
    async run(signal) {
      const bell = openBell();
      using _watch = store.watch('store', bell.ring);
      const told = new Map<ConditionKind, boolean>();
      while (!signal.aborted) {
        const disk = store.disk();
        const changed = troubles.find(({ kind, stands }) => stands(disk) !== told.get(kind));
        if (!changed) {
          await bell.wait(signal);
          continue;
        }
        const { kind, raised, cleared } = changed;
        const stands = changed.stands(disk);
        told.set(kind, stands);
        const says = stands ? ({ state: 'raised', message: raised } as const) : ({ state: 'cleared', message: cleared } as const);
        const place = { device: 'gateway', channel: 'store', kind, severity: conditionKinds[kind] };
        await intake.condition({ ...place, ...says, time: env.clock.now(), detail: changed.detailOf(disk) });
      }
    },
  };
}
