// The door of the Modbus TCP driver.
export { openModbusTcp } from './driver.ts';
