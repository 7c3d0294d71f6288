// The door of the MQTT drivers.
export { type MqttBroker, openMqttBroker } from './broker.ts';
export { openMqttClient } from './client.ts';
