// The media process of the tests: what gateway/media-main.ts does, with a silent log.
import { openLog, systemEnv } from '#base';
import { runMedia } from '#streams';

await runMedia(process, { remuxer: new URL('flv-entry.ts', import.meta.url) }, systemEnv(openLog('silent')));
