// The door of control: the local socket from both ends, and the command line.
export { runCli } from './cli/cli.ts';
export type { CheckProblem, CliIo, CliLoaders } from './cli/context.ts';
export { type ControlClient, connectControl } from './client.ts';
export type { Asked, CallContext, ControlHandlers, Input, Result } from './contract.ts';
export type { MetricSample } from './metrics.ts';
export { type ControlDeps, type ControlService, serveControl } from './server.ts';
