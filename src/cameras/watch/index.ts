// The door of watch: what is seen of cameras besides what they say.
export { type Looked, type Looker, rtspDoor } from './looker.ts';
export type { Beat } from './patrol.ts';
export { type PictureCause, pictureCauseOf, pictureWords } from './picture-words.ts';
export type { Seat } from './seat.ts';
export { openSiteWatch, type Sight, type SiteWatch } from './site-watch.ts';
export { superviseStream } from './stream-camera.ts';
