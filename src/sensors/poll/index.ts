// The door of the driver that asks platforms.
export { openPoll } from './driver.ts';
