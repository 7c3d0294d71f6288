// The door of the Modbus RTU drivers.
export { openModbusRtu, openModbusRtuTcp } from './driver.ts';
