// A media process that takes its time to start, as on a busy machine.
import { openLog, systemEnv } from '#base';
import { runMedia } from '#streams';

await new Promise((resolve) => setTimeout(resolve, 1_500));
await runMedia(process, { remuxer: new URL('flv-entry.ts', import.meta.url) }, systemEnv(openLog('silent')));
