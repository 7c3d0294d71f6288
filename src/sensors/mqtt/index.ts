// The door of the MQTT drivers.
export { openMqttBroker } from './broker.ts';
export { openMqttClient } from './client.ts';
