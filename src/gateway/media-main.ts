// Entry of the media process: all picture bytes of the gateway pass here, away from its alarms.
import { systemEnv } from '#base';
import { runMedia } from '#streams';

await runMedia(process, { remuxer: new URL('flv-main.ts', import.meta.url) }, systemEnv());
