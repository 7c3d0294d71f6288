// The door of the driver for oneM2M platforms.
export { openOneM2m } from './driver.ts';
