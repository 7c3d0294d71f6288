// The door of the simulator: a virtual site for demos, tests, training and load.
export type { SimulatedCamera } from './cameras/index.ts';
export { writeGatewayConfig } from './gateway-config.ts';
export { openHub, type SimulatedHub } from './hub/index.ts';
export { streamBody } from './request.ts';
export { runSimulator } from './run.ts';
export { openWebhookSender, type SimulatedSensor } from './sensors/index.ts';
export { openSimulatedSite, type SimulatedSite, type SiteFacts, type SiteOptions } from './site.ts';
export { playStory, readStory } from './story.ts';
