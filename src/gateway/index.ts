// The door of gateway: all rooms together.
export { type GatewayDeps, runGateway } from './gateway.ts';
