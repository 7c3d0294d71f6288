// The media process of the tests: what gateway/media-main.ts does, with a silent log.
import { openLog, systemEnv } from '#base';
import { runMedia } from '#streams';

await runMedia(process, systemEnv(openLog('silent')));
