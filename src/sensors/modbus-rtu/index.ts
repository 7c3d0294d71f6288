// The door of the Modbus RTU driver.
export { openModbusRtu } from './driver.ts';
