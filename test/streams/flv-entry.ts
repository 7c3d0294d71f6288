// The FLV child of the tests: what gateway/flv-main.ts does.
import { openLog, systemEnv } from '#base';
import { runRemuxer } from '#streams';

await runRemuxer(process, systemEnv(openLog('silent')));
