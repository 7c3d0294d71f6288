// The door of the simulator: a virtual site for demos, tests, training and load.
export type { CameraFault, CameraLogin, CameraTopic, SimulatedCamera } from './cameras/index.ts';
export { type CommandOutcome, type HubCounts, type HubMessage, openHub, type SimulatedHub, type StreamReader } from './hub/index.ts';
export { type StreamAsk, streamBody } from './request.ts';
export { runSimulator, type SimulatorIo, type SimulatorOptions } from './run.ts';
export { openWebhookSender, type SimulatedSensor, type UnitFault, type WebhookSender } from './sensors/index.ts';
export { openSimulatedSite, type SimulatedSite, type SiteFacts, type SiteOptions } from './site.ts';
export { playStory, readStory, type StoryStep } from './story.ts';
