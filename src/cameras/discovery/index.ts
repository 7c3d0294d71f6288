// The door of discovery: looking for cameras on the networks of the site.
export { type Discovery, openDiscovery } from './discovery.ts';
export { openNeighbours, openTableSource } from './neighbours.ts';
