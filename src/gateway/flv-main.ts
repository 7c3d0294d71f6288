// Entry of the child of the media process in which node-media-server makes FLV.
import { systemEnv } from '#base';
import { runRemuxer } from '#streams';

await runRemuxer(process, systemEnv());
