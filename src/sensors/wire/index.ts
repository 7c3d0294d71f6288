// The door of wires: what all drivers share that speak over a serial port or a connection.
export { networkOf, oldestOfMost, openCrowd } from './crowd.ts';
export { dial } from './dial.ts';
export { openSerialPort, type SerialSettings } from './serial-port.ts';
export { welcome } from './welcome.ts';
