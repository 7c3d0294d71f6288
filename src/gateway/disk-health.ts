// The disk's health story: that it is nearly full is told while there is time to act.
import type { Env, Service, Text } from '#base';
import { conditionKinds } from '#model';
import type { Store } from '#store';
import { openBell } from './bell.ts';
import type { Intake } from './intake.ts';

const diskIsLow: Text = {
  ko: '저장소가 있는 디스크의 남은 공간이 저장소 한도의 16분의 1보다 적습니다. `df`와 `du`로 확인하고, 오래된 로그·백업·따로 보관한 저장소 파일(.damaged-, .replaced-)을 옮기십시오.',
  en: 'On the disk of the store less than a sixteenth of the store’s limit is free. Look with `df` and `du`; move old logs, backups and store files that were set aside (.damaged-, .replaced-) elsewhere.',
};
const diskIsWide: Text = { ko: '저장소 디스크의 남은 공간이 다시 충분합니다', en: 'There is room enough again on the disk of the store' };

/** Tells when the disk of the store is low and when it is no more; at the start too, since it may have been low before. */
export function watchDisk({ store, intake }: { readonly store: Store; readonly intake: Pick<Intake, 'condition'> }, env: Env): Service {
  return {
    name: 'disk health',
    async run(signal) {
      const bell = openBell();
      using _watch = store.watch('store', bell.ring);
      let told: boolean | undefined;
      while (!signal.aborted) {
        const { isLow, freeBytes } = store.disk();
        if (isLow === told) {
          await bell.wait(signal);
          continue;
        }
        told = isLow;
        const says = isLow ? ({ state: 'raised', message: diskIsLow } as const) : ({ state: 'cleared', message: diskIsWide } as const);
        const place = { device: 'gateway', channel: 'store', kind: 'disk-low', severity: conditionKinds['disk-low'] } as const;
        await intake.condition({ ...place, ...says, time: env.clock.now(), detail: `${Math.round(freeBytes / 2 ** 20)} MiB free` });
      }
    },
  };
}
