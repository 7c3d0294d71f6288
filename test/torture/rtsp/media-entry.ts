// The media process under torture: as the gateway runs it, with a watch over its loop beside it.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLog, systemEnv } from '#base';
import { runMedia } from '#streams';

process.env['BONGSU_LOOP_WATCH'] = join(tmpdir(), `bongsu-loop-${process.pid}`);
process.argv.push('run');
await import(new URL('../loop-watch.mjs', import.meta.url).href);
await runMedia(process, { remuxer: new URL('../../streams/flv-entry.ts', import.meta.url) }, systemEnv(openLog('silent')));
